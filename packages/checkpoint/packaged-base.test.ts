import { readTokenizer } from '@pathfold/corpora/tokenizer';
import { PACKAGED_BASES } from '@pathfold/protocol/run-spec';
import { expect, test } from 'vitest';
import { packagedBase, packagedShape } from './packaged-base.ts';
import { densePath, parameterCount } from './path.ts';

test.each(PACKAGED_BASES)('the base %s is what its record says, and reads', (name) => {
  const { theta, tokenizer } = packagedBase(name);
  const shape = packagedShape(name);
  expect(theta).toHaveLength(parameterCount(densePath(shape)));
  expect(theta.every(Number.isFinite)).toBe(true);
  const { encode, decode, vocabularySize } = readTokenizer(tokenizer);
  expect(vocabularySize).toBe(shape.vocabulary);
  expect(decode(encode('Call me Ishmael.'))).toBe('Call me Ishmael.');
});
