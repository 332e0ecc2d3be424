import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Document } from './document.ts';
import { nearDuplicateGroups } from './near-duplicates.ts';
import { splitDocuments } from './split.ts';
import { starterDocuments } from './starter.ts';

const words = (seed: number, count: number) =>
  Array.from({ length: count }, (_, at) => `w${(seed * 7919 + at * 104_729) % 1_000_003}`);
const original = (seed: number, count = 60): Document => ({
  id: `d${seed}`,
  domain: seed % 2 ? 'odd' : 'even',
  text: words(seed, count).join(' '),
});

const bytesBy = (documents: readonly Document[], splits: string[], split: string) => {
  const bytes = new Map<string, number>();
  documents.forEach(({ domain, text }, index) => {
    if (splits[index] === split) bytes.set(domain, (bytes.get(domain) ?? 0) + Buffer.byteLength(text));
  });
  return bytes;
};

describe('splitDocuments', () => {
  test('planted near-duplicates never straddle it, across domains too', () => {
    const planted = fc.array(
      fc.record({ seed: fc.nat(59), domain: fc.constantFrom('a', 'b'), drop: fc.integer({ min: 0, max: 15 }) }),
      { minLength: 1, maxLength: 60 },
    );
    fc.assert(
      fc.property(planted, (copies) => {
        const originals = Array.from({ length: 60 }, (_, seed) => original(seed));
        const near = copies.map(({ seed, domain, drop }, index) => ({
          id: `copy${index}`,
          domain,
          text: words(seed, 60).slice(drop).join(' '),
        }));
        const splits = splitDocuments([...originals, ...near]);
        expect(splits.slice(60)).toEqual(copies.map(({ seed }) => splits[seed]));
      }),
      { numRuns: 50 },
    );
  });

  test('does not depend on the order of the documents', () => {
    const documents = Array.from({ length: 120 }, (_, seed) => original(seed));
    const splits = splitDocuments(documents);
    fc.assert(
      fc.property(fc.shuffledSubarray([...documents.keys()], { minLength: 120 }), (order) => {
        expect(splitDocuments(order.map((index) => documents[index]!))).toEqual(order.map((index) => splits[index]));
      }),
      { numRuns: 20 },
    );
  });

  test('takes about 86, 6 and 8 % of each domain', () => {
    const documents = Array.from({ length: 1000 }, (_, seed) => original(seed));
    const splits = splitDocuments(documents);
    const total = documents.filter(({ domain }) => domain === 'odd').reduce((sum, { text }) => sum + text.length, 0);
    expect(bytesBy(documents, splits, 'test').get('odd')! / total).toBeCloseTo(0.08, 2);
    expect(bytesBy(documents, splits, 'router').get('odd')! / total).toBeCloseTo(0.06, 2);
  });

  test('three different documents fill all three splits; fewer leave one empty', () => {
    const documents = [original(1), original(2), original(3)];
    expect(splitDocuments(documents).sort()).toEqual(['router', 'test', 'train']);
    expect(new Set(splitDocuments(documents.slice(0, 2)))).toEqual(new Set(['test', 'train']));
    expect(splitDocuments([original(1)])).toEqual(['train']);
    expect(splitDocuments([])).toEqual([]);
  });

  test('one long book does not become the test split', () => {
    const documents = [original(1, 20_000), ...Array.from({ length: 12 }, (_, at) => original(2 * at + 3))];
    expect(splitDocuments(documents)[0]).toBe('train');
  });
});

describe('the starter corpus', () => {
  const documents = starterDocuments();
  const splits = splitDocuments(documents);

  test('has at least 15 kB scored bytes of each domain in test, and 200 to 260 kB in all', () => {
    const scored = documents.map((document) => ({ ...document, text: document.text.slice(128) }));
    const test = [...bytesBy(scored, splits, 'test').values()];
    expect(test).toHaveLength(12);
    expect(Math.min(...test)).toBeGreaterThan(15_000);
    const total = test.reduce((sum, bytes) => sum + bytes, 0);
    expect(total).toBeGreaterThan(200_000);
    expect(total).toBeLessThan(260_000);
  });

  test('has at least 8 kB of each domain in router', () => {
    const router = [...bytesBy(documents, splits, 'router').values()];
    expect(router).toHaveLength(12);
    expect(Math.min(...router)).toBeGreaterThan(8_000);
  });

  test('keeps near-duplicates together', () => {
    const groups = nearDuplicateGroups(documents.map(({ text }) => text));
    expect(splits).toEqual(Array.from(groups, (group) => splits[group]));
  });
});
