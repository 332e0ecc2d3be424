import { newRun } from '@pathfold/checkpoint/new-run';
import { densePath } from '@pathfold/checkpoint/path';
import { fromBase } from '@pathfold/checkpoint/sources/base';
import { initPath } from '@pathfold/checkpoint/sources/seed';
import type { CoordinatorEvent } from '@pathfold/coordination/events';
import { encodeTokens } from '@pathfold/corpora/shards';
import { drawWindows } from '@pathfold/corpora/windows';
import type { Moments } from '@pathfold/optim/inner/adamw';
import { FOLD_RULES, type FoldSpec, RunSpec, type RunSpecInput } from '@pathfold/protocol/run-spec';
import type { Executor } from '@pathfold/tensors/executors/executor';
import { openExecutor } from '@pathfold/tensors/executors/open';
import { round } from '@pathfold/training/round';
import { trainFold } from '@pathfold/works/train/fold';
import { trainPlan } from '@pathfold/works/train/plan';
import { trainRun } from '@pathfold/works/train/run';
import type { TrainTask } from '@pathfold/works/train/task';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Laboratory, type LaboratoryOptions } from './laboratory.ts';
import { thetaOf } from './theta.ts';

const STEPS = 4;
const ROUNDS = 3;
const text = Uint16Array.from({ length: 900 }, (_, i) => 1 + ((i * i + 7 * i) % 97));
const specOf = (changes: Partial<RunSpecInput> = {}): RunSpec =>
  RunSpec.parse({
    name: 'test',
    corpus: 'test',
    model: { width: 16, blocks: 1, heads: 2, context: 16, vocabulary: 257 },
    inner: { steps: STEPS, batch: 2, warmupSteps: 3 },
    outer: { kind: 'averaging', learningRate: 1, momentum: 0 },
    replicas: 2,
    totalSteps: STEPS * ROUNDS,
    ...changes,
  });

let executor: Executor;
beforeAll(async () => {
  executor = await openExecutor('wasm');
});
afterAll(() => executor.dispose());

async function laboratory(spec: RunSpec, options: Partial<LaboratoryOptions> = {}) {
  const log: CoordinatorEvent[] = [];
  const lab = new Laboratory({
    kinds: [{ plan: trainPlan, fold: trainFold, runOf: () => trainRun }],
    executor,
    ...options,
    onEvent: async (event) => {
      log.push(event);
      await options.onEvent?.(event);
    },
  });
  const shard = await lab.blobs.put(encodeTokens(text));
  const documents = { train: shard, router: shard, test: shard, domains: shard };
  const theta = initPath(densePath(spec.model), spec.seed);
  lab.create(await newRun(lab.blobs, { id: 'r', spec, source: fromBase(theta), documents, tokenizer: shard }));
  const run = lab.state.runs['r']!;
  return {
    lab,
    log,
    theta,
    run,
    async finish() {
      await lab.play(() => run.state === 'finished');
      return thetaOf(lab.blobs, run.facts);
    },
  };
}

const tasksOf = (log: readonly CoordinatorEvent[]): { volunteer: string; task: TrainTask }[] =>
  log.flatMap((event) =>
    event.type === 'LeaseGranted'
      ? [{ volunteer: event.volunteer, task: event.task.body as unknown as TrainTask }]
      : [],
  );

test.each(FOLD_RULES)('a run by %s ends, and without a rule it is the mean, bit for bit', async (rule) => {
  const outer = { kind: 'nesterov' as const };
  const by = async (fold?: FoldSpec) => {
    const { lab, finish } = await laboratory(specOf({ replicas: 3, outer, ...(fold && { fold }) }));
    for (const id of ['a', 'b', 'c']) lab.join({ id, tokensPerSecond: 1e9 });
    return finish();
  };
  const [own, plain] = [await by({ rule }), await by()];
  expect(own.every(Number.isFinite)).toBe(true);
  if (rule === 'mean') expect(own).toEqual(plain);
  else expect(own).not.toEqual(plain);
});

test('equal volunteers of infinite speed are the inner loop and the outer average by hand', async () => {
  const spec = specOf();
  const { lab, log, theta: start, finish } = await laboratory(spec);
  for (const id of ['a', 'b']) lab.join({ id, tokensPerSecond: 1e9 });
  const end = await finish();
  expect(lab.now).toBeLessThan(1000);

  const tasks = tasksOf(log);
  expect(tasks.map(({ task }) => task.round)).toEqual([1, 1, 2, 2, 3, 3]);
  const { learningRate, warmupSteps, weightDecay, clipNorm, batch } = spec.inner;
  const inner = { learningRate, warmupSteps, weightDecay, clipNorm, batch, totalSteps: spec.totalSteps };
  let theta = start;
  const moments = new Map<string, Moments>();
  for (let r = 1; r <= ROUNDS; r++) {
    const sum = new Float64Array(theta.length);
    for (const { volunteer, task } of tasks.filter((one) => one.task.round === r)) {
      const result = await round({
        executor,
        path: densePath(spec.model),
        inner,
        theta,
        moments: moments.get(volunteer) ?? null,
        globalStep: (r - 1) * STEPS,
        steps: STEPS,
        batches(step) {
          const { inputs, targets } = drawWindows(text, { context: 16, batch: 2, seed: task.seed, step });
          return { tokens: inputs, targets };
        },
      });
      moments.set(volunteer, result.moments);
      result.delta.forEach((value, i) => {
        sum[i]! += value / 2;
      });
    }
    theta = theta.map((value, i) => value - Math.fround(sum[i]!));
  }
  expect(end).toEqual(theta);
});

test('the same seed and devices give the same bits and the same log; another seed does not', async () => {
  const once = async (seed: number) => {
    const { lab, log, finish } = await laboratory(specOf({ seed, outer: { kind: 'nesterov' } }));
    lab.join({ id: 'slow', tokensPerSecond: 100 });
    lab.join({ id: 'fast', tokensPerSecond: 170, upBytesPerSecond: 20_000, downBytesPerSecond: 50_000 });
    return { theta: await finish(), log: JSON.stringify(log), traffic: lab.traffic };
  };
  const [first, second, other] = [await once(1), await once(1), await once(2)];
  expect(second).toEqual(first);
  expect(other.theta).not.toEqual(first.theta);
});

test('time passes as devices compute and lines carry', async () => {
  const spec = specOf({ replicas: 1, totalSteps: STEPS });
  const [quick, slow] = [await laboratory(spec), await laboratory(spec)];
  quick.lab.join({ id: 'a', tokensPerSecond: 1000 });
  slow.lab.join({ id: 'a', tokensPerSecond: 1000, downBytesPerSecond: 10_000, upBytesPerSecond: 10_000 });
  expect(await slow.finish()).toEqual(await quick.finish());
  const tokens = STEPS * 2 * 16;
  expect(quick.lab.now).toBe(tokens);
  const { down, up } = slow.lab.traffic;
  expect(up).toBe(4 * slow.theta.length);
  expect(down).toBe(4 * slow.theta.length + 2 * text.length);
  expect(slow.lab.now).toBe(Math.ceil(tokens + (down + up) / 10));
});

test('a lost contribution does not count, and its volunteer starts again from the run', async () => {
  const { lab, log, finish } = await laboratory(specOf(), {
    loses: ({ volunteer, task }) => volunteer === 'b' && (task.body as { round: number }).round === 2,
  });
  for (const id of ['a', 'b']) lab.join({ id, tokensPerSecond: 1000 });
  await finish();
  const folded = log.flatMap((event) =>
    event.type === 'FoldBegun' && event.fold.key.startsWith('embedding') ? [event.fold.contributions.length] : [],
  );
  expect(folded).toEqual([2, 1, 2]);
  const third = tasksOf(log).filter(({ task }) => task.round === 3);
  expect(third[0]!.task.modules).toEqual(third[1]!.task.modules);
});

test('who vanishes is missed after the silence limit; who leaves gives its lease back at once', async () => {
  const { lab, log, finish } = await laboratory(specOf({ replicas: 2, quorum: 2 }));
  lab.join({ id: 'a', tokensPerSecond: 10 });
  lab.join({ id: 'b', tokensPerSecond: 10 });
  lab.after(1000, () => lab.vanish('b'));
  lab.after(60_000, () => lab.join({ id: 'c', tokensPerSecond: 10 }));
  await finish();
  const silent = log.find((event) => event.type === 'LeaseEnded' && event.code === 'silent');
  expect(silent!.at).toBeGreaterThanOrEqual(30_000);
  expect(silent!.at).toBeLessThan(50_000);

  const left = await laboratory(specOf());
  left.lab.join({ id: 'a', tokensPerSecond: 10 });
  left.lab.after(1000, () => left.lab.leave('a'));
  left.lab.after(2000, () => left.lab.join({ id: 'b', tokensPerSecond: 10 }));
  await left.finish();
  expect(left.log).toContainEqual(expect.objectContaining({ type: 'LeaseEnded', at: 1000, code: 'user' }));
});

test('who retires hands in the steps that it has done', async () => {
  const { lab, log, finish } = await laboratory(specOf({ replicas: 1, totalSteps: STEPS }));
  const stepMs = 1000 * ((2 * 16) / 10);
  lab.join({ id: 'a', tokensPerSecond: 10 });
  lab.after(2.5 * stepMs, async () => {
    await lab.retire('a');
    lab.join({ id: 'b', tokensPerSecond: 10 });
  });
  await finish();
  const reports = log.flatMap((event) =>
    event.type === 'ContributionReceived' ? [[event.at, event.report.steps]] : [],
  );
  expect(reports).toEqual([
    [2.5 * stepMs, 2],
    [4.5 * stepMs, 2],
  ]);
});
