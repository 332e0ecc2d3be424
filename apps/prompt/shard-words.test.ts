import { expect, test } from 'vitest';
import { choiceInWords } from './shard-words.ts';

test('why a path answers, by kind of router', () => {
  expect(choiceInWords('random', null)).toContain('at random');
  expect(choiceInWords('kmeans', null)).toContain('nearest');
  expect(choiceInWords('discriminative', 0.731)).toContain('73 % probability');
});
