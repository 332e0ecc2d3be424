/// <reference types="vite/client" />

import { parameterCount } from '@pathfold/checkpoint/path';
import { initPath } from '@pathfold/checkpoint/sources/seed';
import { adamwRates, coldMoments } from '@pathfold/optim/inner/adamw';
import { DeviceError, type ExecutorName } from '@pathfold/tensors/executors/executor';
import { openExecutor } from '@pathfold/tensors/executors/open';
import { trace } from '@pathfold/tensors/plan/trace';
import { add } from '@pathfold/tensors/primitives/add/add';
import { bitsOf, distance, planOf, valuesFor } from '@pathfold/tensors/primitives/battery';
import type { Case } from '@pathfold/tensors/primitives/case';
import { mul } from '@pathfold/tensors/primitives/mul/mul';
import { scale } from '@pathfold/tensors/primitives/scale/scale';
import { chooseExecutor } from '@pathfold/training/choose';
import { tinyPath, windows } from '@pathfold/training/fixtures';
import { lossAndGradient, setTraining, trainingPlan } from '@pathfold/training/plans';
import { selfTest } from '@pathfold/training/self-test';

/** The half of `webgpu.spec.ts` in a page. Everything here answers plain data. */
const cases = Object.values(
  import.meta.glob<{ cases: Case[] }>('../packages/tensors/{primitives/*,operations}/cases.ts', { eager: true }),
).flatMap((module) => module.cases);

/** The batch of each step of a training curve. */
const BATCH = 2;
const plan = trainingPlan(tinyPath, BATCH, { weightDecay: 0.1, clipNorm: 1 });

const started = async (name: ExecutorName) => {
  const executor = await openExecutor(name);
  const program = executor.compile(plan);
  setTraining(program, { theta: initPath(tinyPath, 1), ...coldMoments(parameterCount(tinyPath)) });
  const step = (n: number, wanted?: string[]) =>
    program.run({ ...windows(n, BATCH), rates: adamwRates(3e-3, n) }, wanted);
  return { executor, program, step };
};

/** Submissions, dispatches and buffers of the device while `body` runs. */
const counted = async (body: () => Promise<unknown>) => {
  const counts = { submits: 0, dispatches: 0, buffers: 0 };
  const watch = <T extends object>(prototype: T, method: keyof T, count: keyof typeof counts) => {
    const original = prototype[method] as (...args: unknown[]) => unknown;
    prototype[method] = function (this: T, ...args: unknown[]) {
      counts[count]++;
      return original.apply(this, args);
    } as T[keyof T];
    return () => {
      prototype[method] = original as T[keyof T];
    };
  };
  const restore = [
    watch(GPUQueue.prototype, 'submit', 'submits'),
    watch(GPUComputePassEncoder.prototype, 'dispatchWorkgroups', 'dispatches'),
    watch(GPUDevice.prototype, 'createBuffer', 'buffers'),
  ];
  try {
    await body();
  } finally {
    for (const each of restore) each();
  }
  return counts;
};

const inPage = {
  /** Cases, and orders of derivatives, of which the results are not those of the reference. */
  async battery(name: ExecutorName): Promise<{ plans: number; wrong: string[] }> {
    const [ours, reference] = [await openExecutor(name), await openExecutor('tfjs-cpu')];
    const wrong: string[] = [];
    let plans = 0;
    for (const c of cases)
      for (let order = 0; order <= c.derivatives; order++) {
        const plan = planOf(c, order);
        const values = valuesFor(plan, c);
        const [program, expected] = [ours.compile(plan), reference.compile(plan)];
        const error = distance(await program.run(values), await expected.run(values));
        if (!(error < 1e-5)) wrong.push(`${c.name}, derivative ${order}: ${error}`);
        program.dispose();
        expected.dispose();
        plans++;
      }
    reference.dispose();
    return { plans, wrong };
  },

  /** Figures of all cases, on our kernels. */
  async bits(): Promise<Record<string, number>> {
    const executor = await openExecutor('wasm');
    const bits = await bitsOf(executor, cases);
    executor.dispose();
    return bits;
  },

  async selfTest(name: ExecutorName) {
    const executor = await openExecutor(name);
    return { ...(await selfTest(executor)), adapter: executor.adapter, software: executor.software };
  },

  async losses(name: ExecutorName, steps: number): Promise<number[]> {
    const { executor, step } = await started(name);
    const losses: number[] = [];
    for (let n = 0; n < steps; n++) losses.push((await step(n))['loss']![0]!);
    executor.dispose();
    return losses;
  },

  /** The gradient of a batch. */
  async gradient(name: ExecutorName): Promise<number[]> {
    const executor = await openExecutor(name);
    const program = executor.compile(
      trace((t) => {
        const theta = t.state('theta', [parameterCount(tinyPath)]);
        t.output('gradient', lossAndGradient(t, tinyPath, theta, BATCH).gradient);
      }),
    );
    program.write('theta', initPath(tinyPath, 1));
    const { gradient } = await program.run({ ...windows(0, BATCH) });
    executor.dispose();
    return [...gradient!];
  },

  /** The weights after one step down the plain gradient. */
  async descended(name: ExecutorName): Promise<number[]> {
    const executor = await openExecutor(name);
    const program = executor.compile(
      trace((t) => {
        const theta = t.state('theta', [parameterCount(tinyPath)]);
        t.update(theta, add(theta, scale(lossAndGradient(t, tinyPath, theta, BATCH).gradient, -0.1)));
      }),
    );
    program.write('theta', initPath(tinyPath, 1));
    await program.run({ ...windows(0, BATCH) });
    const weights = await program.read('theta');
    executor.dispose();
    return [...weights];
  },

  /** Over `steps` steps after the first, with the loss read back only at the last. */
  async counts(steps: number) {
    const { executor, step } = await started('webgpu');
    await step(0);
    const counts = await counted(async () => {
      for (let n = 1; n < steps; n++) await step(n, []);
      await step(steps);
    });
    executor.dispose();
    return counts;
  },

  /** A plan of one multiplication of `elements` elements: what its refusal says, or the last element of 3 x 3. */
  async large(elements: number): Promise<string | number> {
    const executor = await openExecutor('webgpu');
    try {
      const program = executor.compile(
        trace((t) => {
          const x = t.state('x', [elements]);
          t.update(x, mul(x, x));
        }),
      );
      program.write('x', new Float32Array(elements).fill(3));
      await program.run({});
      return (await program.read('x')).at(-1)!;
    } catch (error) {
      return error instanceof DeviceError ? `${error.code}: ${error.detail}` : `other: ${error}`;
    } finally {
      executor.dispose();
    }
  },

  /** The error of a training step when there is one byte too little for it, and the buffers that this made. */
  async tooLittle(name: ExecutorName) {
    const roomy = await openExecutor(name);
    const memoryBytes = roomy.bytesOf(plan) - 1;
    roomy.dispose();
    const executor = await openExecutor(name, { memoryBytes });
    let refusal = 'none';
    const { buffers } = await counted(async () => {
      try {
        executor.compile(plan);
      } catch (error) {
        refusal = String(error);
      }
    });
    executor.dispose();
    return { refusal, buffers };
  },

  /** The device goes away after two steps: the code of what the third one throws, and the next choice's failures. */
  async lost(): Promise<string[]> {
    const { step } = await started('webgpu');
    await step(0);
    await step(1);
    const third = step(2);
    const { openWebgpuDevice } = await import('@pathfold/tensors/executors/tfjs/webgpu-device');
    (await openWebgpuDevice()).device.destroy();
    const codeOf = (error: unknown) => (error instanceof DeviceError ? error.code : `other: ${error}`);
    const outcomes = [await third.then(() => 'done', codeOf), await step(3).then(() => 'done', codeOf)];
    const { executor } = await chooseExecutor({ wanted: 'automatic', measure: async () => 1 });
    return [...outcomes, executor.name];
  },
};

export type InPage = typeof inPage;
Object.assign(window, { inPage });
