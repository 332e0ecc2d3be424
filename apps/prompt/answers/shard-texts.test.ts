import { expect, test } from 'vitest';
import { choiceInWords, moveInWords } from './shard-texts.ts';

test('why a path answers, by kind of router', () => {
  expect(choiceInWords({ kind: 'random' })).toContain('at random');
  expect(choiceInWords({ kind: 'kmeans' })).toContain('nearest');
  expect(choiceInWords({ kind: 'discriminative' })).toContain('expected to fit it best');
});

test('why another path goes on', () => {
  expect(moveInWords(undefined)).toContain('nearer');
  expect(moveInWords({ kind: 'discriminative' })).toContain('expected to fit it best');
});
