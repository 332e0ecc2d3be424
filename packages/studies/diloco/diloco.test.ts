import { expect, test } from 'vitest';
import type { ByteDocument } from '../byte-corpus.ts';
import { judge } from '../claims.ts';
import { openStudyExecutor } from '../executor.ts';
import { Results } from '../results.ts';
import type { RunPorts } from '../run-ports.ts';
import { claimsOf } from './claims.ts';
import { cosine, meanCosine, meanDelta } from './cosines.ts';
import { report } from './report.ts';
import { losersOf, workersAt } from './roster.ts';
import { runArm } from './run.ts';
import { type ArmConfig, settings } from './settings.ts';
import { clusters, domainGroups } from './shards.ts';
import { specOf } from './start.ts';

const documents = (count: number, domain: string, step: number): ByteDocument[] =>
  Array.from({ length: count }, (_, i) => ({
    domain,
    ids: Uint16Array.from({ length: 260 }, (_, at) => 1 + ((at * step + i) % 40)),
  }));
const corpus = {
  train: [...documents(6, 'a', 1), ...documents(6, 'b', 3)],
  router: [],
  test: [...documents(5, 'a', 1), ...documents(5, 'b', 3)],
};
const ports: RunPorts = { openExecutor: openStudyExecutor, cached: (_, __, make) => make(), say: () => {} };
const { base } = settings(false);
const small: ArmConfig = {
  ...base,
  model: { ...base.model, width: 16, blocks: 1, context: 16 },
  base: { ...base.base, steps: 4, batch: 2, warmupSteps: 1 },
  inner: { ...base.inner, steps: 3, batch: 2 },
  totalSteps: 12,
  workers: [2],
};
const play = (changes: Partial<ArmConfig>, seed = 1) => runArm({ ...small, ...changes }, seed, ports, corpus);
const STEP_TOKENS = 2 * 16;

test('an arm is the same with the same seed, and each factor changes what comes out', async () => {
  const first = await play({});
  expect(await play({})).toEqual(first);
  expect(first.figures).toMatchObject({ tokens: 2 * 12 * STEP_TOKENS, rounds: 4, lost: 0 });
  expect(first.curves['cosine']).toHaveLength(4);
  const others = await Promise.all([
    play({}, 2),
    play({ base: { ...small.base, cutFrom: 8 } }),
    play({ shards: 'k-means' }),
    play({ shards: 'domains' }),
    play({ pruned: 0.5 }),
    play({ moments: 'averaged' }),
    play({ losses: { share: 0.5, from: 'own' } }),
    play({ losses: { share: 0.5, from: 'run' } }),
    play({ outer: { kind: 'adam', learningRate: 0.3, momentum: 0.9 } }),
    play({ outer: { kind: 'adam', learningRate: 0.01, momentum: 0.9 }, scale: 1e4 }),
  ]);
  const nats = [first, ...others].map(({ figures }) => figures['nats']);
  expect(new Set(nats).size).toBe(nats.length);
  expect(nats.every(Number.isFinite)).toBe(true);
});

test('moments that are averaged go on in the next round: of one worker alone they are its own', async () => {
  const kept = await play({ workers: [1] });
  expect(await play({ workers: [1], moments: 'averaged' })).toEqual(kept);
});

test('an arm that diverges has no loss in the end, and counts as the worst', async () => {
  const seen = await play({ scale: 1e4 });
  expect(seen.curves['nats']).toHaveLength(1);
  // Its numbers leave the range of float32 before anybody looks.
  const { figures, curves } = await play({ scale: 1e30, totalSteps: 48 });
  expect(curves['nats']).toHaveLength(0);
  for (const { nats } of [seen.figures, figures]) expect(nats).toBeNaN();
  const results = new Results([1]);
  const arms = { k4: 1.7, averaging: 1.8, 'outer-adam': 1.9 };
  for (const [arm, nats] of Object.entries(arms)) results.add(arm, 1, { figures: { nats }, curves: {} });
  results.add('outer-adam-e5', 1, { figures, curves });
  const [worst] = judge(
    claimsOf(Object.keys(arms)).filter(({ id }) => id === 'diloco.1.4.5b'),
    [results.at(1)],
  );
  expect(worst).toMatchObject({ measured: { n: 1 }, holds: true });
});

test('what is tuned is compared by the better rate, once all rates of this size are there', () => {
  const gap = (arms: readonly string[], nats: Readonly<Record<string, number>>) => {
    const [claim] = judge(
      claimsOf(arms).filter(({ id }) => id === 'diloco.1.4.2'),
      [(arm) => nats[arm] ?? Number.NaN],
    );
    return claim!.measured.mean;
  };
  const both = ['k8', 'batch8', 'batch8-rate4'];
  expect(gap(both, { k8: 2, batch8: 1.9, 'batch8-rate4': 1.6 })).toBeCloseTo(0.25, 12);
  expect(gap(both, { k8: 2, batch8: 1.9 })).toBeNull();
  expect(gap(['k8', 'batch8'], { k8: 2, batch8: 1.6 })).toBeCloseTo(0.25, 12);
});

test('the order of k = 8 and its baselines is the paper’s in one claim, the pilots’ in another', () => {
  const gap = (id: string, nats: Readonly<Record<string, number>>) => {
    const all = claimsOf(['k8', 'batch8', 'updates8', 'single']);
    const [claim] = judge(
      all.filter((one) => one.id === id),
      [(arm) => nats[arm] ?? Number.NaN],
    );
    return claim!.measured.mean;
  };
  const paper = { updates8: 1.5, k8: 1.6, batch8: 1.65, single: 1.8 };
  expect(gap('diloco.1.4.3', paper)).toBeCloseTo(0.05, 12);
  expect(gap('diloco.1.4.3b', paper)).toBeCloseTo(-0.05, 12);
  const pilots = { ...paper, batch8: 1.55 };
  expect(gap('diloco.1.4.3', pilots)).toBeCloseTo(-0.05, 12);
  expect(gap('diloco.1.4.3b', pilots)).toBeCloseTo(0.05, 12);
});

test('an arm is compared with what began from the same base and took as many steps', () => {
  const { arms } = settings(false);
  const results = new Results([1]);
  const nats = {
    k4: 1.7,
    single: 1.9,
    'single-half': 1.95,
    'mature-single': 1.6,
    'mature-k8': 1.55,
    'every-step': 2.1,
  };
  for (const [arm, value] of Object.entries(nats)) results.add(arm, 1, { figures: { nats: value }, curves: {} });
  const [end] = report(results, arms).tables;
  const columns = ['against k4, perplexity', 'against one worker, nats'].map((name) => end!.head.indexOf(name));
  const rowOf = (arm: string) =>
    columns.map((at) => end!.rows.find(([name]) => name === arm)![at]!.replace(/ \(.*/, ''));
  expect(rowOf('single')).toEqual(['22.1 %', '0.000']);
  expect(rowOf('mature-k8')).toEqual(['–', '−0.050']);
  expect(rowOf('every-step')).toEqual(['–', '–']);
});

test.each([false, true])('every arm is a run that the product would take (quick: %s)', (quick) => {
  for (const { config } of Object.values(settings(quick).arms))
    expect(() => specOf(config as unknown as ArmConfig, 1)).not.toThrow();
});

test('workers come and go with the rounds; what they did is counted', async () => {
  const { figures } = await play({ workers: [1, 3, 2, 2] });
  expect(figures).toMatchObject({ tokens: (1 + 3 + 2 + 2) * 3 * STEP_TOKENS, rounds: 4 });
  expect([0, 1, 2, 3, 4, 5].map((round) => workersAt([4, 8], round, 6))).toEqual([4, 4, 4, 8, 8, 8]);
});

test('lost contributions are not folded; who goes on from its own parameters sends all that the others lack', async () => {
  const { figures } = await play({ losses: { share: 0.5, from: 'own' } });
  expect(figures['lost']).toBeGreaterThan(0);
  expect(figures['tokens']).toBe((2 * 4 - figures['lost']!) * 3 * STEP_TOKENS);
  const never = await play({ losses: { share: 0, from: 'own' } });
  const product = await play({});
  expect(never.figures['nats']).toBeCloseTo(product.figures['nats']!, 5);
});

test('losses have their share, and never take everybody', () => {
  let lost = 0;
  for (let round = 0; round < 1000; round++) {
    const losers = losersOf({ share: 0.5, from: 'own' }, 4, 1, round);
    expect(losers.size).toBeLessThan(4);
    lost += losers.size;
  }
  expect(lost / 4000).toBeGreaterThan(0.45);
  expect(lost / 4000).toBeLessThan(0.5);
  expect(losersOf({ share: 0, from: 'own' }, 1, 1, 0).size).toBe(0);
});

test('cosines by hand', () => {
  const [x, y, xy] = [Float32Array.of(2, 0), Float32Array.of(0, 3), Float32Array.of(1, 1)];
  expect(cosine(x, y)).toBe(0);
  expect(cosine(x, xy)).toBeCloseTo(Math.SQRT1_2, 7);
  expect(meanCosine([x, y, xy])).toBeCloseTo((2 * Math.SQRT1_2) / 3, 7);
  expect([...meanDelta([x, y])]).toEqual([1, 1.5]);
});

test('k-means shards are kinds of documents, domain shards whole domains of about equal size, and all have all', () => {
  const kinds = [...documents(4, 'a', 1), ...documents(4, 'b', 1)];
  const features = Float32Array.from(kinds, ({ domain }, i) => (domain === 'a' ? 1 : -1) + 0.01 * i);
  const shards = clusters(kinds, features, 2, 1);
  expect(shards.toSorted((a, b) => a[0]! - b[0]!)).toEqual([
    [0, 1, 2, 3],
    [4, 5, 6, 7],
  ]);
  const domains = [documents(3, 'a', 1), documents(2, 'b', 1), documents(2, 'c', 1), documents(1, 'd', 1)].flat();
  expect(domainGroups(domains, 2)).toEqual([
    [0, 1, 2, 7],
    [3, 4, 5, 6],
  ]);
});

test('the table compares with one worker at the better of its rates, as the claims do', () => {
  const { arms } = settings(false);
  const cell = (results: Results) => {
    const { head, rows } = report(results, arms).tables[0]!;
    return rows.find(([arm]) => arm === 'k4')![head.indexOf('against one worker, nats')];
  };
  const results = new Results([1]);
  for (const [arm, nats] of [['k4', 1.8] as const, ['single', 2] as const])
    results.add(arm, 1, { figures: { nats }, curves: {} });
  expect(cell(results)).toBe('–');
  results.add('single-half', 1, { figures: { nats: 1.9 }, curves: {} });
  expect(cell(results)).toBe('−0.100');
});
