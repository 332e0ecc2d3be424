import { expect, test } from 'vitest';
import type { ByteDocument } from '../byte-corpus.ts';
import { openStudyExecutor } from '../executor.ts';
import type { RunPorts } from '../run-ports.ts';
import { departures } from './churn.ts';
import { CLAIMS } from './claims.ts';
import { atEqualSteps, secondsTo } from './measures.ts';
import { runArm } from './run.ts';
import { type AsyncConfig, settings } from './settings.ts';
import { SPEEDS } from './speeds.ts';
import { serverLoop } from './toy/loop.ts';
import { runToy } from './toy/run.ts';

const documents = (count: number, step: number): ByteDocument[] =>
  Array.from({ length: count }, (_, i) => ({
    domain: 'a',
    ids: Uint16Array.from({ length: 260 }, (_, at) => 1 + ((at * step + i) % 40)),
  }));
const corpus = { train: [...documents(6, 1), ...documents(6, 3)], router: [], test: documents(10, 1) };
const ports: RunPorts = { openExecutor: openStudyExecutor, cached: (_, __, make) => make(), say: () => {} };
const { arms } = settings(false);
const configOf = (arm: string) => arms[arm]!.config as unknown as AsyncConfig;

/** An arm with a tiny net and a few steps. */
const play = (arm: string, changes: Partial<AsyncConfig> = {}) => {
  const config = configOf(arm);
  const inner = { ...config.inner, steps: 20, batch: 2, warmupSteps: 2 };
  return runArm(
    {
      ...config,
      model: { ...config.model, width: 16, blocks: 1, heads: 2, context: 16 },
      base: { ...config.base, steps: 4, batch: 2, warmupSteps: 1 },
      ...{ inner, totalSteps: 80 },
      churn: config.churn && { ...config.churn, everySeconds: 30 },
      ...changes,
    },
    1,
    ports,
    corpus,
  );
};

test('an infinite grace period with equal steps, and a buffer of all at equal speeds, are the synchronous run bit for bit', async () => {
  const [sync, infinite, even] = await Promise.all(
    ['small-sync', 'small-infinite', 'small-even'].map((arm) => play(arm)),
  );
  expect(infinite).toEqual(sync);
  expect(even).toEqual(sync);
  expect(sync!.figures).toMatchObject({ steps: 320, folds: 4, staleness: 0 });
});

test('a synchronous run does not know how fast its workers are: only its clock does', async () => {
  const [even, very] = await Promise.all([play('small-sync'), play('small-sync', { speeds: SPEEDS.very })]);
  expect(very!.figures['seconds']).toBeCloseTo(80 * 3.33, 1);
  expect(even!.figures['seconds']).toBeCloseTo(80 * 1.5425, 1);
  expect(very!.figures['nats']).toBeCloseTo(even!.figures['nats']!, 1);
});

test('each rule gives another run, the same with the same seed; asynchronous ones are done sooner', async () => {
  const names = ['sync', 'window', 'no-window', 'naive', 'fedbuff', 'sgd', 'dn', 'poly', 'quorum2', 'radial', 'spread'];
  const results = await Promise.all(names.map((arm) => play(arm)));
  expect(new Set(results.map(({ figures }) => figures['nats'])).size).toBe(names.length);
  const [sync, ...others] = results.map(({ figures }) => figures['seconds']!);
  for (const seconds of others) expect(seconds).toBeLessThan(0.6 * sync!);
  expect(await play('window')).toEqual(results[1]);
});

test('workers that leave hand in what they have done, or not; others take their places', async () => {
  const { figures } = await play('window-churn');
  expect(figures['left']).toBeGreaterThan(0);
  expect(figures['nats']).toBeGreaterThan(0);
  const all = Array.from({ length: 500 }, (_, period) =>
    departures({ everySeconds: 10, part: 0.3, announced: 0.7 }, 4, 1, period),
  ).flat();
  expect(all.length / 2000).toBeCloseTo(0.3, 1);
  expect(all.filter(({ announced }) => announced).length / all.length).toBeCloseTo(0.7, 1);
});

test('an arm that diverges has no loss in the end, and says so', async () => {
  const { figures } = await play('naive-07', { outer: { ...configOf('naive-07').outer, learningRate: 10 } });
  expect(figures['nats']).toBeNaN();
});

test('the time to a loss is read between two evaluations', () => {
  const figures: Record<string, number> = { 'glance.0': 3, 'second.0': 10, 'glance.1': 2, 'second.1': 20 };
  const of = (_: string, figure = 'nats') => figures[figure] ?? Number.NaN;
  expect([4, 3, 2.5, 1].map((nats) => secondsTo(of, 'a', nats))).toEqual([10, 10, 15, Number.NaN]);
});

test('arms that ended after different steps are compared at the last step that both reached', () => {
  const seen: Record<string, readonly (readonly [steps: number, nats: number])[]> = {
    a: [
      [10, 4],
      [20, 3],
      [40, 2],
    ],
    b: [
      [10, 5],
      [30, 4],
    ],
  };
  const of = (arm: string, figure = 'nats') => {
    const [name, i] = figure.split('.');
    return seen[arm]?.[Number(i)]?.[name === 'steps' ? 0 : 1] ?? Number.NaN;
  };
  expect(atEqualSteps(of, 'a', 'b')).toEqual([2.5, 4]);
  expect(atEqualSteps(of, 'b', 'a')).toEqual([4, 2.5]);
  expect(atEqualSteps(of, 'b', 'missing')).toEqual([Number.NaN, Number.NaN]);
});

test('an arm that diverged is worse than one that did not, and is no arm without a result', () => {
  const figures: Record<string, Record<string, number>> = { naive: { nats: 2, steps: 9 }, 'naive-07': { steps: 3 } };
  const worse = CLAIMS.find(({ id }) => id === 'async.3.7.2c')!;
  const measured = (of: typeof figures) => worse.measure((arm, figure = 'nats') => of[arm]?.[figure] ?? Number.NaN);
  expect(measured(figures)).toBeCloseTo(256 / Math.exp(2) - 1, 9);
  expect(measured({ naive: figures['naive']! })).toBeNaN();
});

test('every claim names arms and figures that there are', () => {
  const known = new Set(Object.keys(arms));
  for (const { measure } of CLAIMS) {
    measure((arm) => {
      expect(known).toContain(arm);
      return 1;
    });
  }
});

test("the toy's recorded virtual times", async () => {
  const noWork = { begin() {}, async merge() {} };
  const tasks = SPEEDS.very.map((seconds) => 20 * seconds);
  expect(await serverLoop(tasks, Number.POSITIVE_INFINITY, 5 * 4, noWork)).toBeCloseTo(333, 6);
  expect(await serverLoop(tasks, 0.5, 100 * 4, noWork)).toBeCloseTo(1998.6, 6);
});

test('whoever is done within the grace period is merged before any of them begins again', async () => {
  const log: string[] = [];
  await serverLoop([10, 10.4, 30], 0.5, 5, {
    begin: (workers) => log.push(`begin ${workers}`),
    merge: async (tasks) => void log.push(`merge ${tasks.map(({ worker }) => worker)}`),
  });
  expect(log).toEqual(['begin 0,1,2', 'merge 0,1', 'begin 0,1', 'merge 0,1', 'begin 0,1', 'merge 2']);
});

test('a small toy learns, and its first outer gradients agree', async () => {
  const config = {
    toy: 'mixture',
    ...{ points: 4096, gaussians: 1, hidden: 32, phases: 3, graceSeconds: null, scale: 1 },
    outer: { learningRate: 0.7, momentum: 0.9 },
  } as const;
  const { figures } = await runToy(config, 1, ports);
  expect(figures['loss']).toBeLessThan(Math.log(4));
  expect(figures['testAccuracy']).toBeGreaterThan(0.3);
  expect(figures['cosine']).toBeGreaterThan(0.2);
});
