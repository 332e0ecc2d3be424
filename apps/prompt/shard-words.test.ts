import { expect, test } from 'vitest';
import { choiceInWords, domainsInWords } from './shard-words.ts';

test('a shard in words: its largest domains, at least one', () => {
  const domains = [
    { name: 'verse', share: 0.62 },
    { name: 'law', share: 0.3 },
    { name: 'code', share: 0.04 },
  ];
  expect(domainsInWords({ domains })).toBe('verse (62 %), law (30 %)');
  expect(domainsInWords({ domains: Array.from({ length: 30 }, (_, i) => ({ name: `d${i}`, share: 1 / 30 })) })).toBe(
    'd0 (3 %)',
  );
  expect(domainsInWords({ domains: [] })).toBe('');
});

test('why a path answers, by kind of router', () => {
  expect(choiceInWords('random', null)).toContain('at random');
  expect(choiceInWords('kmeans', null)).toContain('nearest');
  expect(choiceInWords('discriminative', 0.731)).toContain('73 % probability');
});
