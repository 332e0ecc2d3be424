import { randomPath } from '@pathfold/checkpoint/random-path.fixture';
import { describe, expect, test } from 'vitest';
import { plainLogits } from '../fixtures/plain-llama.ts';
import { openSession } from '../session.ts';
import { pathOnnx } from './path-graph.ts';

const IDS = [0, 17, 4, 299, 4, 4, 123, 250, 9, 31, 77, 5, 0, 201, 42, 42];

const largestDifference = (logits: ArrayLike<number>, expected: number[][]): number =>
  Math.max(...expected.flat().map((value, index) => Math.abs(value - logits[index]!)));

describe.each([
  { name: 'tied head', options: {} },
  { name: 'untied head', options: { tied: false } },
  { name: 'one head, one block', options: { heads: 1, blocks: 1 } },
])('exported graph, $name', ({ options }) => {
  const path = randomPath(options);
  const expected = plainLogits(path, IDS);

  test('without a cache gives the logits of the net', async () => {
    const session = await openSession(pathOnnx(path, { cached: false }));
    const { logits_TV, vocabulary } = await session.run(IDS, session.start);
    expect(vocabulary).toBe(300);
    expect(logits_TV.length).toBe(IDS.length * 300);
    expect(largestDifference(logits_TV, expected)).toBeLessThan(1e-4);
    await session.release();
  });

  test('with a cache gives the same, whichever way the tokens are cut', async () => {
    const session = await openSession(pathOnnx(path, { cached: true }));
    for (const cut of [[16], [5, 1, 1, 1, 8], [1, 15]]) {
      let cache = session.start;
      let from = 0;
      for (const count of cut) {
        const step = await session.run(IDS.slice(from, from + count), cache);
        expect(largestDifference(step.logits_TV, expected.slice(from, from + count))).toBeLessThan(1e-4);
        cache = step.cache;
        from += count;
      }
      expect(cache.length).toBe(16);
    }
    await session.release();
  });
});

test('a prefix computed anew and a longer context do not see the future', async () => {
  const path = randomPath();
  const session = await openSession(pathOnnx(path, { cached: false }));
  const whole = await session.run(IDS, session.start);
  const prefix = await session.run(IDS.slice(0, 6), session.start);
  prefix.logits_TV.forEach((value, index) => {
    expect(Math.abs(value - whole.logits_TV[index]!)).toBeLessThan(1e-4);
  });
});

test('weights too large for protobuf are refused', () => {
  const path = randomPath();
  const large = { ...path, model: { ...path.model, vocabulary: 2 ** 24 } };
  expect(() => pathOnnx(large, { cached: true })).toThrow('too_large');
});
