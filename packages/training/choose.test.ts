import type { Executor, ExecutorName, Program } from '@pathfold/tensors/executors/executor';
import { openExecutor } from '@pathfold/tensors/executors/open';
import { primitives } from '@pathfold/tensors/primitives/list';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { chooseExecutor, NoDevicePasses, reasonOf, type Tried } from './choose.ts';
import { selfTest } from './self-test.ts';
import { measureSpeed } from './speed.ts';

const device = (name: ExecutorName, software = false): Executor => ({
  name,
  adapter: name,
  software,
  bytesOf: () => 0,
  compile: () => {
    throw new Error('not in this test');
  },
  dispose: vi.fn(),
});

/** Devices that there are, with their speeds; a negative speed stands for a device that computes wrongly. */
const choose = (speeds: Partial<Record<ExecutorName, number>>, wanted: 'automatic' | 'gpu' | 'cpu', software = false) =>
  chooseExecutor({
    wanted,
    open: async (name) => {
      if (speeds[name] === undefined) throw new Error('none here');
      return device(name, software && name.endsWith('webgpu'));
    },
    test: async ({ name }) => ({ passed: speeds[name]! >= 0, reason: 'as the test says' }),
    measure: async ({ name }) => speeds[name]!,
  });

describe('choosing a device', () => {
  test('takes the fastest that passes', async () => {
    const all = { webgpu: 900, 'tfjs-webgpu': 500, wasm: 100, 'tfjs-wasm': 10, 'tfjs-cpu': 1 };
    expect((await choose(all, 'automatic')).executor.name).toBe('webgpu');
    expect((await choose({ ...all, webgpu: 50 }, 'automatic')).executor.name).toBe('wasm');
    const wrong = await choose({ wasm: 100, webgpu: -1 }, 'automatic');
    expect(wrong.executor.name).toBe('wasm');
    expect(wrong.tried).toContainEqual(expect.objectContaining({ name: 'webgpu', passed: false }));
  });

  test('computes on the GPU through TensorFlow.js where our kernels for it fail', async () => {
    const { executor, tried } = await choose({ webgpu: -1, 'tfjs-webgpu': 500, wasm: 100 }, 'automatic');
    expect(executor.name).toBe('tfjs-webgpu');
    expect(tried.map(({ name, passed }) => [name, passed])).toEqual([
      ['webgpu', false],
      ['wasm', true],
      ['tfjs-webgpu', true],
    ]);
  });

  test('takes an emulated GPU only when asked to, or when nothing else passes', async () => {
    const speeds = { webgpu: 900, wasm: 100 };
    const { executor, tried } = await choose(speeds, 'automatic', true);
    expect(executor.name).toBe('wasm');
    expect(tried).toContainEqual(expect.objectContaining({ name: 'webgpu', reason: 'is emulated on the CPU' }));
    expect((await choose(speeds, 'gpu', true)).executor.name).toBe('webgpu');
    expect((await choose({ ...speeds, wasm: -1 }, 'automatic', true)).executor.name).toBe('webgpu');
  });

  test('keeps to what was asked for, and says why nothing can train', async () => {
    const speeds = { webgpu: -1, 'tfjs-webgpu': -1, wasm: 100, 'tfjs-wasm': 10 };
    expect((await choose(speeds, 'cpu')).tried.map(({ name }) => name)).toEqual(['wasm']);
    const refused = await choose(speeds, 'gpu').catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(NoDevicePasses);
    const failed = (name: ExecutorName) => expect.objectContaining({ name, reason: 'as the test says' });
    expect((refused as NoDevicePasses).tried).toEqual([failed('webgpu'), failed('tfjs-webgpu')]);
  });

  test.each(['open', 'test', 'measure'] as const)(
    'a GPU that never answers (%s) leads to the next device',
    async (hung) => {
      vi.useFakeTimers();
      const late: (() => void)[] = [];
      const gpu = device('webgpu');
      const answer = <T>(step: string, name: ExecutorName, value: T) =>
        new Promise<T>((resolve) => {
          if (name === 'webgpu' && step === hung) late.push(() => resolve(value));
          else resolve(value);
        });
      const choosing = chooseExecutor({
        wanted: 'automatic',
        open: async (name) => {
          if (name === 'tfjs-webgpu') throw new Error('none here');
          return answer('open', name, name === 'webgpu' ? gpu : device(name));
        },
        test: ({ name }) => answer('test', name, { passed: true, reason: 'as the test says' }),
        measure: ({ name }) => answer('measure', name, 100),
      });
      await vi.advanceTimersByTimeAsync(60_000);
      const { executor, tried } = await choosing;
      expect(executor.name).toBe('wasm');
      expect(tried).toContainEqual(
        expect.objectContaining({ name: 'webgpu', passed: false, reason: 'did not answer', tokensPerSecond: null }),
      );
      for (const answers of late) answers();
      await vi.advanceTimersByTimeAsync(0);
      expect(gpu.dispose).toHaveBeenCalledOnce();
      expect(vi.getTimerCount()).toBe(0);
      vi.useRealTimers();
    },
  );

  test('falls back to TensorFlow.js where our kernels fail, and to plain JavaScript last', async () => {
    expect((await choose({ wasm: -1, 'tfjs-wasm': 10, 'tfjs-cpu': 1 }, 'cpu')).executor.name).toBe('tfjs-wasm');
    expect((await choose({ 'tfjs-cpu': 1 }, 'automatic')).executor.name).toBe('tfjs-cpu');
  });
});

test('says why it chose a device: what became of the others', () => {
  const found = { adapter: 'x', passed: true, reason: 'computes rightly', tokensPerSecond: 12_345.6 };
  const all: Tried[] = [
    { ...found, name: 'webgpu', passed: false, reason: 'computes wrongly', tokensPerSecond: null },
    { ...found, name: 'wasm' },
    { ...found, name: 'tfjs-webgpu', tokensPerSecond: 900.4 },
  ];
  expect(reasonOf('wasm', all)).toBe(
    'the fastest that computes rightly; not webgpu: computes wrongly; tfjs-webgpu is slower: 900 tokens a second',
  );
  expect(reasonOf('wasm', all.slice(1, 2))).toBe('no other was looked at');
});

test('a wrong kernel leads to the next device', async () => {
  const { wasm } = primitives.get('swiglu')!;
  const bind = vi.spyOn(wasm, 'bind').mockImplementation((call) => bindWrongly(call));
  const right = primitives.get('scale')!.wasm;
  const bindWrongly: typeof wasm.bind = ({ inputs, outputs, ...call }) =>
    right.bind({ ...call, inputs: [{ ...inputs[0]!, size: outputs[0]!.size }], outputs, attributes: { factor: 1 } });
  const { executor, tried } = await chooseExecutor({ wanted: 'cpu', measure: async () => 1 });
  bind.mockRestore();
  expect(tried.map(({ name, passed }) => [name, passed])).toEqual([
    ['wasm', false],
    ['tfjs-wasm', true],
  ]);
  executor.dispose();
});

/** Turns the lowest bit of the last number of the gradient. */
const oneBitOff = (executor: Executor): Executor => ({
  ...executor,
  compile(plan) {
    const program = executor.compile(plan);
    const right = program.run.bind(program);
    program.run = async (...args) => {
      const outputs = await right(...args);
      const gradient = outputs['gradient'];
      if (gradient) new Uint32Array(gradient.buffer, gradient.byteOffset)[gradient.length - 1]! ^= 1;
      return outputs;
    };
    return program;
  },
});

test('a single wrong bit of our WebAssembly kernels leads to the next device', async () => {
  const { executor, tried } = await chooseExecutor({
    wanted: 'cpu',
    open: async (name) => (name === 'wasm' ? oneBitOff(await openExecutor(name)) : openExecutor(name)),
    measure: async () => 1,
  });
  expect(tried.map(({ name, passed }) => [name, passed])).toEqual([
    ['wasm', false],
    ['tfjs-wasm', true],
  ]);
  expect(tried[0]!.reason).toContain('not the bits of our kernels');
  executor.dispose();
});

test('speed is that of training: a GPU is not waited for at every step', async () => {
  const [STEP_MS, WAIT_MS] = [1, 20];
  let [now, steps, waits] = [0, 0, 0];
  const program: Program = {
    write() {},
    async run(_inputs, wanted) {
      expect(wanted).toEqual([]);
      now += STEP_MS;
      steps++;
      return {};
    },
    async read(name) {
      if (name === 'lossSum') {
        now += WAIT_MS;
        waits++;
      }
      return new Float32Array(1);
    },
    dispose() {},
  };
  const clock = { now: () => now, sleep: async () => {} };
  const speed = await measureSpeed({ ...device('webgpu'), compile: () => program }, clock);
  expect(waits).toBeLessThanOrEqual(steps / 10 + 2);
  // 256 tokens a step, ten of which take 10 ms and a wait.
  expect(speed).toBeCloseTo((1000 * 10 * 256) / (10 * STEP_MS + WAIT_MS), -3);
});

describe('the self-test', () => {
  afterEach(() => vi.restoreAllMocks());

  test.each(['wasm', 'tfjs-wasm'] as const)('passes %s, which computes rightly', async (name) => {
    const executor = await openExecutor(name);
    expect(await selfTest(executor)).toMatchObject({ passed: true });
    executor.dispose();
  });

  test.each(['matmul', 'causalAttentionGrad', 'rope', 'adamw', 'embeddingGrad'])(
    'rejects a device whose %s is wrong by 1 %%',
    async (name) => {
      const primitive = primitives.get(name)!;
      const right = primitive.tfjs.bind(primitive);
      vi.spyOn(primitive, 'tfjs').mockImplementation((context, inputs, attributes) =>
        right(context, inputs, attributes).map((y) => context.tf.mul(y, 1.01)),
      );
      const executor = await openExecutor('tfjs-wasm');
      expect(await selfTest(executor)).toMatchObject({ passed: false });
      executor.dispose();
    },
  );
});
