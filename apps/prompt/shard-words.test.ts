import { expect, test } from 'vitest';
import { choiceInWords, moveInWords } from './shard-words.ts';

test('why a path answers, by kind of router', () => {
  expect(choiceInWords('random', null)).toContain('at random');
  expect(choiceInWords('kmeans', null)).toContain('nearest');
  expect(choiceInWords('discriminative', 0.731)).toContain('73 % probability');
});

test('why another path goes on', () => {
  expect(moveInWords(null)).toContain('nearer');
  expect(moveInWords(0.731)).toContain('73 % probability');
});
