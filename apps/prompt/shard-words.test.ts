import { expect, test } from 'vitest';
import { choiceInWords, moveInWords } from './shard-words.ts';

const fitted = { kind: 'discriminative', grown: false } as const;
const grown = { kind: 'kmeans', grown: true } as const;

test('why a path answers, by kind of router', () => {
  expect(choiceInWords({ kind: 'random', grown: false }, null)).toContain('at random');
  expect(choiceInWords({ kind: 'kmeans', grown: false }, null)).toContain('nearest');
  expect(choiceInWords(fitted, 0.731)).toContain('73 % probability');
});

test('why another path goes on', () => {
  expect(moveInWords(undefined, null)).toContain('nearer');
  expect(moveInWords(fitted, 0.731)).toContain('73 % probability');
});

test('of a run that has grown, or of which nothing is known yet, no probability is told', () => {
  for (const words of [choiceInWords, moveInWords])
    for (const told of [grown, undefined]) expect(words(told, 0.731)).not.toContain('probability');
});
