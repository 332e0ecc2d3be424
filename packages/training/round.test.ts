import { initPath } from '@pathfold/checkpoint/sources/seed';
import type { Moments } from '@pathfold/optim/inner/adamw';
import { DeviceError, type Executor } from '@pathfold/tensors/executors/executor';
import { openExecutor } from '@pathfold/tensors/executors/open';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Clock } from './clock.ts';
import { LossNotFinite } from './drive.ts';
import { evaluate } from './evaluate.ts';
import { tinyPath, windows } from './fixtures.ts';
import { type RoundOptions, round } from './round.ts';

const BATCH = 2;
const inner = { batch: BATCH, learningRate: 3e-3, warmupSteps: 5, totalSteps: 200, weightDecay: 0.1, clipNorm: 1 };
const theta0 = initPath(tinyPath, 1);
let executor: Executor;

const options = (overrides: Partial<RoundOptions> = {}): RoundOptions => ({
  executor,
  path: tinyPath,
  inner,
  theta: theta0,
  moments: null,
  globalStep: 0,
  steps: 4,
  batches: (step) => windows(step, BATCH),
  ...overrides,
});

const mean = (values: Float32Array) => values.reduce((sum, value) => sum + value, 0) / values.length;
const lossOf = async (theta: Float32Array) =>
  mean(await evaluate({ executor, path: tinyPath, theta, windows: windows(500, 6), batch: 4 }));
const minus = (theta: Float32Array, delta: Float32Array) => theta.map((value, i) => value - delta[i]!);

/** A clock that moves only when told: each step takes as long as `stepMs` says, sleeping takes what is asked. */
class TestClock implements Clock {
  slept = 0;
  time = 0;
  now = () => this.time;
  sleep = async (ms: number) => {
    this.time += ms;
    this.slept += ms;
  };
}

/** The executor as a GPU, counted; `before` is told the number of each run. */
const watched = (before: (run: number) => void) => {
  const counts = { runs: 0, lossReads: 0 };
  const gpu: Executor = {
    ...executor,
    name: 'webgpu',
    compile(plan) {
      const program = executor.compile(plan);
      return {
        write: (name, values) => program.write(name, values),
        read(name) {
          if (name === 'lossSum') counts.lossReads++;
          return program.read(name);
        },
        async run(inputs, wanted) {
          before(++counts.runs);
          return program.run(inputs, wanted);
        },
        dispose: () => program.dispose(),
      };
    },
  };
  return { gpu, counts };
};

/** Options that stop the round after so many steps. */
const stopAfter = (steps: number) => {
  const controller = new AbortController();
  const onProgress = (progress: { steps: number }) => {
    if (progress.steps === steps) controller.abort();
  };
  return { signal: controller.signal, onProgress };
};

describe.each(['wasm', 'tfjs-wasm'] as const)('on %s:', (name) => {
  beforeAll(async () => {
    executor = await openExecutor(name);
  });
  afterAll(() => executor.dispose());

  describe('round', () => {
    test('lowers the loss, counts its tokens and leaves theta as it was', async () => {
      const before = theta0.slice();
      const { delta, meanLoss, tokens, steps } = await round(options({ steps: 60 }));
      expect(theta0).toEqual(before);
      expect(steps).toBe(60);
      expect(tokens).toBe(60 * BATCH * tinyPath.model.context);
      expect(meanLoss).toBeLessThan(Math.log(32));
      expect(await lossOf(minus(theta0, delta))).toBeLessThan((await lossOf(theta0)) - 0.5);
    });

    test('starts cold moments gently in the midst of a run', async () => {
      const size = ({ delta }: { delta: Float32Array }) => Math.hypot(...delta);
      const warm = { m: new Float32Array(theta0.length), v: new Float32Array(theta0.length), steps: 1 };
      const first = (moments: Moments | null) => options({ moments, globalStep: 100, steps: 40, ...stopAfter(1) });
      expect(size(await round(first(null)))).toBeLessThan(0.5 * size(await round(first(warm))));
    });

    test('answers what it has when it is told to stop, and when its deadline is near', async () => {
      expect((await round(options({ steps: 9, ...stopAfter(3) }))).steps).toBe(3);
      const clock = new TestClock();
      const batches = (step: number) => {
        clock.time += 100;
        return windows(step, BATCH);
      };
      const cut = await round(options({ steps: 9, deadlineMs: 450, clock, batches }));
      expect(cut.steps).toBe(4);
      expect(cut.delta.some((value) => value !== 0)).toBe(true);
    });

    test.each([0.25, 0.5, 1])('computes a share of %d of the time', async (share) => {
      const clock = new TestClock();
      const batches = (step: number) => {
        clock.time += 100 + 40 * (step % 3);
        return windows(step, BATCH);
      };
      const { computeMs } = await round(options({ steps: 12, clock, batches, throttle: () => share }));
      const measured = computeMs / clock.time;
      expect(Math.abs(measured - share)).toBeLessThan(0.1 * share);
    });

    test('waits for a GPU, and reads its loss, every tenth step or each quarter of a second', async () => {
      const reads = async (runMs: number) => {
        const clock = new TestClock();
        const { gpu, counts } = watched(() => {
          clock.time += runMs;
        });
        const told: number[] = [];
        const onProgress = ({ steps }: { steps: number }) => told.push(steps);
        const { meanLoss } = await round(options({ executor: gpu, steps: 24, clock, onProgress }));
        expect(counts.lossReads).toBe(told.length);
        expect(meanLoss).toBeCloseTo((await round(options({ steps: 24 }))).meanLoss, 5);
        return told;
      };
      expect(await reads(1)).toEqual([1, 10, 20, 24]);
      expect(await reads(100)).toEqual([1, 3, 5, 7, 9, 10, 12, 14, 16, 18, 20, 22, 24]);
      expect(await reads(400)).toHaveLength(24);
    });

    test.each([9, 10, 17, 23])('goes on where it was when the device is lost at step %d', async (at) => {
      const { gpu, counts } = watched((run) => {
        if (run === at) throw new DeviceError('device_lost', 'the GPU went away');
      });
      const asked: number[] = [];
      const batches = (step: number) => {
        asked.push(step);
        return windows(step, BATCH);
      };
      const whole = await round(options({ steps: 24 }));
      const reopen = async () => executor;
      const result = await round(options({ steps: 24, executor: gpu, reopen, batches }));
      expect(counts.runs).toBe(at);
      // Step `at` is asked for once more in any case.
      expect(asked.length - 24).toBeLessThanOrEqual(10 + 1);
      expect(result.delta).toEqual(whole.delta);
      expect(result).toMatchObject({ steps: 24, moments: { steps: 24 } });
      expect(result.meanLoss).toBeCloseTo(whole.meanLoss, 5);
    });

    test('a device that is lost where there is no other is a typed error', async () => {
      const { gpu } = watched(() => {
        throw new DeviceError('device_lost', 'the GPU went away');
      });
      await expect(round(options({ executor: gpu }))).rejects.toMatchObject({ code: 'device_lost' });
      const reopen = async () => gpu;
      await expect(round(options({ executor: gpu, reopen }))).rejects.toMatchObject({ code: 'device_lost' });
    });

    test('lets other tasks of its thread run between steps', async () => {
      let turns = 0;
      const timer = setInterval(() => turns++, 0);
      await round(options({ steps: 10 }));
      clearInterval(timer);
      expect(turns).toBeGreaterThan(2);
    });

    test('refuses a token outside the vocabulary and a loss that is not finite', async () => {
      const wrong = { ...windows(0, BATCH), targets: new Int32Array(BATCH * 16).fill(32) };
      await expect(round(options({ batches: () => wrong }))).rejects.toThrow('target 32 at 0');
      const broken = theta0.map(() => Number.NaN);
      await expect(round(options({ theta: broken }))).rejects.toThrow(LossNotFinite);
    });
  });

  test('evaluation does not depend on the batch or on padding', async () => {
    const asked = windows(3, 5);
    const all = await evaluate({ executor, path: tinyPath, theta: theta0, windows: asked, batch: 5 });
    const one = await evaluate({ executor, path: tinyPath, theta: theta0, windows: asked, batch: 2 });
    expect(all).toHaveLength(5 * 16);
    all.forEach((nats, i) => {
      expect(Math.abs(nats - one[i]!)).toBeLessThan(1e-5);
    });
    const padded = { tokens: asked.tokens.slice(), targets: asked.targets.slice() };
    padded.tokens.fill(0, 4 * 16 + 9);
    const cut = await evaluate({ executor, path: tinyPath, theta: theta0, windows: padded, batch: 4 });
    for (let i = 0; i < 4 * 16 + 9; i++) expect(Math.abs(cut[i]! - all[i]!)).toBeLessThan(1e-5);
  });
});
