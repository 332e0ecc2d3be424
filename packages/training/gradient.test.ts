import { initPath } from '@pathfold/checkpoint/sources/seed';
import { DeviceError, type Executor } from '@pathfold/tensors/executors/executor';
import { openExecutor } from '@pathfold/tensors/executors/open';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LossNotFinite } from './drive.ts';
import { tinyPath, windows } from './fixtures.ts';
import { type GradientOptions, meanGradient } from './gradient.ts';

const theta = initPath(tinyPath, 1);
const UNCLIPPED = 1e9;
let executor: Executor;

const gradientOf = (changes: Partial<GradientOptions> = {}) =>
  meanGradient({
    executor,
    path: tinyPath,
    theta,
    inner: { batch: 2, clipNorm: UNCLIPPED },
    steps: 1,
    batches: (step) => windows(step, 2),
    ...changes,
  });
const norm = (values: Float32Array) => Math.hypot(...values);
const far = (a: Float32Array, b: Float32Array) => norm(a.map((value, i) => value - b[i]!)) / norm(b);

describe.each(['wasm', 'tfjs-wasm'] as const)('mean gradient on %s', (name) => {
  beforeAll(async () => {
    executor = await openExecutor(name);
  });
  afterAll(() => executor.dispose());

  test('of three batches is that of one batch three times as large, at theta as it was', async () => {
    const before = theta.slice();
    const three = await gradientOf({ steps: 3 });
    const large = await gradientOf({ inner: { batch: 6, clipNorm: UNCLIPPED }, batches: () => windows(0, 6) });
    expect(theta).toEqual(before);
    expect(three).toMatchObject({ steps: 3, tokens: 3 * 2 * tinyPath.model.context });
    expect(far(three.gradient, large.gradient)).toBeLessThan(1e-5);
    expect(three.loss).toBeCloseTo(large.loss!, 5);
  });

  test('is scaled down to the clip norm as a whole', async () => {
    const { gradient } = await gradientOf();
    const clipNorm = norm(gradient) / 4;
    const { gradient: short } = await gradientOf({ inner: { batch: 2, clipNorm } });
    expect(norm(short)).toBeCloseTo(clipNorm, 5);
    expect(
      far(
        short.map((value) => 4 * value),
        gradient,
      ),
    ).toBeLessThan(1e-5);
  });

  test('cut short it is the mean of the batches that were done; after none it says so', async () => {
    const control = new AbortController();
    const onProgress = ({ steps }: { steps: number }) => steps === 2 && control.abort();
    const cut = await gradientOf({ steps: 5, signal: control.signal, onProgress });
    const two = await gradientOf({ steps: 2 });
    expect(cut).toMatchObject({ steps: 2, loss: two.loss });
    expect(cut.gradient).toEqual(two.gradient);
    expect(await gradientOf({ signal: AbortSignal.abort() })).toMatchObject({ steps: 0, tokens: 0, loss: null });
  });

  test('begins again on another device when one is lost', async () => {
    let runs = 0;
    const failing: Executor = {
      ...executor,
      compile(plan) {
        const program = executor.compile(plan);
        return {
          ...{ write: program.write.bind(program), read: program.read.bind(program), dispose: () => program.dispose() },
          async run(inputs, wanted) {
            if (++runs === 2) throw new DeviceError('device_lost', 'the GPU went away');
            return program.run(inputs, wanted);
          },
        };
      },
    };
    const whole = await gradientOf({ steps: 3 });
    const result = await gradientOf({ steps: 3, executor: failing, reopen: async () => executor });
    expect(runs).toBe(2);
    expect(result.gradient).toEqual(whole.gradient);
    expect(result.loss).toBe(whole.loss);
    runs = 1;
    await expect(gradientOf({ executor: failing })).rejects.toMatchObject({ code: 'device_lost' });
    let opened = 0;
    const reopen = async () => {
      opened++;
      runs = 1;
      return failing;
    };
    runs = 1;
    await expect(gradientOf({ executor: failing, reopen })).rejects.toMatchObject({ code: 'device_lost' });
    expect(opened).toBe(3);
  });

  test('refuses a token outside the vocabulary and a loss that is not finite', async () => {
    const wrong = { ...windows(0, 2), targets: new Int32Array(2 * 16).fill(32) };
    await expect(gradientOf({ batches: () => wrong })).rejects.toThrow('target 32 at 0');
    await expect(gradientOf({ theta: theta.map(() => Number.NaN) })).rejects.toThrow(LossNotFinite);
  });
});
