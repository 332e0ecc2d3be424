import { expect, test } from 'vitest';
import type { ByteDocument } from '../byte-corpus.ts';
import { openStudyExecutor } from '../executor.ts';
import type { Result } from '../results.ts';
import type { RunPorts } from '../run-ports.ts';
import { blocksOf } from './blocks.ts';
import { probes } from './probes.ts';
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
const ports: RunPorts = { openExecutor: openStudyExecutor, cached: (_, __, make) => make(), say: () => {} };
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
const DENSE = [{ experts: 1, blocks: 2 }];
const play = (changes: Partial<ArmConfig>) => runArm({ ...small, ...changes }, 1, ports, corpus);

test('a mixture runs through routing, training, re-sharding and evaluation, the same each time', async () => {
  const first = await play({});
  expect(await play({})).toEqual(first);
  const { figures } = first;
  expect(figures['tokens']).toBe(2 * 20 * 2 * 32);
  expect(figures['oracle']).toBeLessThanOrEqual(figures['nats']!);
  for (const name of ['rerouted16', 'rerouted32', 'rerouted64', 'rerouted128', 'page32', 'page64', 'page128'])
    expect(Math.abs(figures[name]! - figures['nats']!)).toBeLessThan(1);
  expect(figures['moved1']).toBeGreaterThanOrEqual(0);
  expect(figures['accuracy']).toBeLessThanOrEqual(1);
  expect([figures['refused'], figures['early']]).toEqual([0, undefined]);
  // A look at each round, and two more at the re-sharding: before and after it.
  expect(first.curves['nats']!.map(([step]) => step)).toEqual([0, 5, 10, 10, 10, 15, 20]);
  const byDomain = ['a', 'b'].map((domain) => figures[`nats ${domain}`]!);
  expect(byDomain.reduce((sum, nats) => sum + nats, 0) / 2).toBeCloseTo(figures['nats']!, 6);
  const counts = ['a', 'b'].map((domain) => first.curves[`confusion ${domain}`]!.map(([, count]) => count));
  expect(counts.map(([one, two]) => one! + two!)).toEqual([3, 3]);
}, 60_000);

test('each factor of routing changes what comes out; what is only looked at changes nothing', async () => {
  const play30 = (changes: Partial<ArmConfig>) => play({ totalSteps: 30, ...changes });
  const [plain, early, histograms] = await Promise.all([
    play30({}),
    play30({ early: true }),
    play30({ routing: { ...small.routing, features: 'histogram' } }),
  ]);
  const { early: nats, ...others } = early.figures;
  expect(others).toEqual(plain.figures);
  expect(Math.abs(nats! - plain.figures['nats']!)).toBeLessThan(1);
  expect(histograms.figures).not.toEqual(plain.figures);
  const uneven = { ...corpus, router: [...documents(7, 'a', 1), ...documents(1, 'b', 3)] };
  const [own, even] = await Promise.all(
    [0, 1].map((evenness) => runArm({ ...small, routing: { ...small.routing, evenness } }, 1, ports, uneven)),
  );
  expect(own!.figures['largest']).toBeGreaterThan(even!.figures['largest']!);
  const domains = await play({ routing: { ...small.routing, kind: 'domains' } });
  expect(domains.figures['largest']).toBeCloseTo(0.5, 2);
  expect(domains.figures['page32']).toBeUndefined();
}, 60_000);

test('the base reads the data that its arm reads; arms with the same data share it', async () => {
  const keys: unknown[] = [];
  const cached: typeof ports.cached = (name, of, make) => {
    if (name === 'base') keys.push(of);
    return make();
  };
  const part = { every: 1, scarce: 'b', scarceEvery: 4 };
  const nats: number[] = [];
  for (const changes of [{}, { replicas: 2 }, { corpus: { ...part, every: 2 } }]) {
    const config = { ...small, totalSteps: 5, levels: DENSE, corpus: part, ...changes };
    nats.push((await runArm(config, 1, { ...ports, cached }, corpus)).figures['base']!);
  }
  expect([keys[1], nats[1]]).toEqual([keys[0], nats[0]]);
  expect(keys[2]).not.toEqual(keys[0]);
  expect(nats[2]).not.toBe(nats[0]);
}, 60_000);

test('the base and what is seen on the way are scored as the end is', async () => {
  const one = { ...corpus, test: corpus.test.slice(0, 1) };
  const { figures, curves } = await runArm({ ...small, levels: DENSE }, 1, ports, one);
  expect(curves['nats']!.map(([step]) => step)).toEqual([0, 5, 10, 15, 20]);
  expect(curves['nats']![0]![1]).toBe(figures['base']);
  expect(curves['nats']!.at(-1)![1]).toBeCloseTo(figures['nats']!, 6);
  expect(figures['nats']).not.toBeCloseTo(figures['base']!, 3);
}, 60_000);

test('paths that get worse are stopped by the rule of the product, and the run ends without them', async () => {
  const inner = { ...small.inner, learningRate: 0.3, warmupSteps: 0 };
  const stopping = { inner, totalSteps: 60, routing: { ...small.routing, kind: 'kmeans' as const } };
  const [on, stopped] = [await play(stopping), await play({ ...stopping, patience: 1 })];
  expect(on.figures['stopped']).toBeUndefined();
  expect(stopped.figures['stopped']).toBe(2);
  expect(stopped.figures['tokens']).toBeLessThan(on.figures['tokens']!);
}, 120_000);

test('the probes go through all that results rest on: re-sharding, early stopping, and every way of routing again', async () => {
  const { arms } = settings(false);
  const rules = async (arm: string) =>
    (await probes(arms[arm]!.config as unknown as ArmConfig).own[1]!.run(ports)) as Result;
  const grid = await rules('grid');
  const told = ['moved1', 'early', 'page32', 'rerouted16', 'oracle', 'accuracy'];
  expect(told.filter((name) => !Number.isFinite(grid.figures[name]))).toEqual([]);
  expect(grid.figures['moved1']).toBeGreaterThan(0);
  expect(grid.figures['refused']).toBe(0);
  expect((await rules('scarce-patience')).figures['stopped']).toBeGreaterThan(0);
  expect((await rules('every-step')).figures['nats']).toBeLessThan(Math.log(257));
}, 120_000);

test('a dense arm trains on everything and has nothing to route', async () => {
  const { figures } = await play({ levels: DENSE, replicas: 2 });
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
