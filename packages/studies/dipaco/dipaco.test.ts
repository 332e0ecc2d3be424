import { expect, test } from 'vitest';
import type { ByteDocument } from '../byte-corpus.ts';
import { blocksOf } from './blocks.ts';
import { runArm } from './run.ts';
import { type ArmConfig, settings } from './settings.ts';

/** Documents of a domain, each a little different. */
const documents = (count: number, domain: string, step: number): ByteDocument[] =>
  Array.from({ length: count }, (_, i) => ({
    domain,
    ids: Uint16Array.from({ length: 700 }, (_, at) => 1 + ((at * step + (i % 7)) % 40)),
  }));
const corpus = {
  train: [...documents(12, 'a', 1), ...documents(12, 'b', 3)],
  router: [...documents(4, 'a', 1), ...documents(4, 'b', 3)],
  test: [...documents(3, 'a', 1), ...documents(3, 'b', 3)],
};
const ports = { cached: (_: string, __: unknown, make: () => Promise<Uint8Array>) => make(), say: () => {} };
const { base } = settings(true);
const small: ArmConfig = {
  ...base,
  model: { ...base.model, width: 16, blocks: 2, context: 32 },
  testEvery: 1,
  base: { ...base.base, steps: 60, batch: 2 },
  inner: { ...base.inner, steps: 5, batch: 2 },
  totalSteps: 20,
  levels: [
    { experts: 2, blocks: 1 },
    { experts: 1, blocks: 1 },
  ],
};
const play = (changes: Partial<ArmConfig>) => runArm({ ...small, ...changes }, 1, ports, corpus);

test('a mixture runs through routing, training, re-sharding and evaluation, the same each time', async () => {
  const first = await play({});
  expect(await play({})).toEqual(first);
  const { figures } = first;
  expect(figures['tokens']).toBe(2 * 20 * 2 * 32);
  expect(figures['oracle']).toBeLessThanOrEqual(figures['nats']!);
  for (const w of [16, 32, 64, 128]) expect(figures[`rerouted${w}`]).toBeGreaterThanOrEqual(figures['oracle']! - 1);
  const domains = await play({ routing: { ...small.routing, kind: 'domains' } });
  expect(domains.figures['largest']).toBeCloseTo(0.5, 2);
  const early = await play({ early: true, routing: { ...small.routing, kind: 'kmeans' } });
  expect(early.figures['nats']).toBeGreaterThan(0);
}, 60_000);

test('a dense arm trains on everything and has nothing to route', async () => {
  const { figures } = await play({ levels: [{ experts: 1, blocks: 2 }], replicas: 2 });
  expect(figures).toMatchObject({ largest: 1, smallest: 1, tokens: 2 * 20 * 2 * 32 });
  expect(figures['oracle']).toBeUndefined();
}, 60_000);

test('documents are cut into stretches that are long enough to score; a scarce domain keeps its part', () => {
  const long = { domain: 'a', ids: Uint16Array.from({ length: 3000 }, (_, i) => 1 + (i % 40)) };
  const blocks = blocksOf(
    { train: [long], router: [], test: [{ domain: 'a', ids: long.ids.subarray(0, 500) }] },
    small,
  );
  expect(blocks.train.map(({ ids }) => ids.length)).toEqual([1024, 1024, 952]);
  expect(blocks.test).toEqual([]);
  const scarce = { ...small, corpus: { every: 1, scarce: 'b', scarceEvery: 4 } };
  const kept = blocksOf(corpus, scarce).train;
  expect(['a', 'b'].map((domain) => kept.filter((block) => block.domain === domain).length)).toEqual([12, 3]);
});
