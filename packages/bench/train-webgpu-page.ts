import type { LlamaShape } from '@pathfold/nets/llama-modules';
import { adamwRates } from '@pathfold/optim/inner/adamw';
import type { ExecutorName } from '@pathfold/tensors/executors/executor';
import { openExecutor } from '@pathfold/tensors/executors/open';
import { initPath, parameterCount, pathShape } from '@pathfold/training/path';
import { trainingPlan } from '@pathfold/training/plans';
import { stockStep } from './stock-tfjs.ts';

export interface Figures {
  /** Median of a step, the loss read back. */
  readonly milliseconds: number;
  /** Median of what JavaScript takes of it before it waits for the device. */
  readonly javascriptMilliseconds: number;
  readonly dispatches: number;
  readonly submits: number;
}

export interface Measured {
  readonly adapter: string;
  readonly arms: Readonly<Record<string, Figures>>;
}

interface Arm {
  /** One step with the loss read back; answers the milliseconds of JavaScript until it waits for the device. */
  step(): Promise<number>;
  dispose(): void;
}

const counts = { dispatches: 0, submits: 0 };
const count = <T extends object>(prototype: T, method: keyof T, counter: keyof typeof counts): void => {
  const original = prototype[method] as (...args: unknown[]) => unknown;
  prototype[method] = function (this: T, ...args: unknown[]) {
    counts[counter]++;
    return original.apply(this, args);
  } as T[keyof T];
};
count(GPUComputePassEncoder.prototype, 'dispatchWorkgroups', 'dispatches');
count(GPUQueue.prototype, 'submit', 'submits');

const windows = ({ context, vocabulary }: LlamaShape, batch: number) => {
  const tokens = Int32Array.from({ length: batch * context }, (_, i) => (i * 7919 + i * i) % vocabulary);
  return { tokens, targets: tokens.map((_, i) => tokens[(i + 1) % tokens.length]!) };
};

const stock = async (model: LlamaShape, batch: number): Promise<Arm> => {
  await openExecutor('tfjs-webgpu');
  // The whole package: it registers the gradients.
  await import('@tensorflow/tfjs');
  const tf = await import('@tensorflow/tfjs-core');
  const { step, dispose } = stockStep(tf, model, batch, false);
  const { tokens, targets } = windows(model, batch);
  return {
    async step() {
      const started = performance.now();
      const computed = step(tokens, targets);
      const javascript = performance.now() - started;
      await computed;
      return javascript;
    },
    dispose,
  };
};

const ours = async (name: ExecutorName, model: LlamaShape, batch: number): Promise<Arm> => {
  const executor = await openExecutor(name);
  const path = pathShape(model, [{ experts: 1, blocks: model.blocks }], '0');
  const program = executor.compile(trainingPlan(path, batch, { weightDecay: 0.1, clipNorm: 1 }));
  program.write('theta', initPath(path, 1));
  for (const moment of ['m', 'v']) program.write(moment, new Float32Array(parameterCount(path)));
  let steps = 0;
  const submit = GPUQueue.prototype.submit;
  return {
    async step() {
      const started = performance.now();
      let javascript = 0;
      GPUQueue.prototype.submit = function (buffers) {
        submit.call(this, buffers);
        javascript = performance.now() - started;
      };
      await program.run({ ...windows(model, batch), rates: adamwRates(1e-3, steps++) });
      GPUQueue.prototype.submit = submit;
      return javascript;
    },
    dispose: () => executor.dispose(),
  };
};

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;

/** All arms in turns, so that they share the machine's moods. */
const measure = async (model: LlamaShape, batch: number, repetitions: number): Promise<Measured> => {
  const arms: Record<string, Arm> = {
    stock: await stock(model, batch),
    webgpu: await ours('webgpu', model, batch),
  };
  const times: Record<string, { all: number; javascript: number }[]> = {};
  const counted: Record<string, typeof counts> = {};
  for (const [name, arm] of Object.entries(arms)) {
    await arm.step();
    times[name] = [];
  }
  for (let i = 0; i < repetitions; i++)
    for (const [name, arm] of Object.entries(arms)) {
      Object.assign(counts, { dispatches: 0, submits: 0 });
      const started = performance.now();
      const javascript = await arm.step();
      times[name]!.push({ all: performance.now() - started, javascript });
      counted[name] = { ...counts };
    }
  for (const arm of Object.values(arms)) arm.dispose();
  const { adapter } = await openExecutor('webgpu');
  const figures = Object.entries(times).map(([name, each]): [string, Figures] => {
    const milliseconds = median(each.map(({ all }) => all));
    const javascriptMilliseconds = median(each.map(({ javascript }) => javascript));
    return [name, { milliseconds, javascriptMilliseconds, ...counted[name]! }];
  });
  return { adapter, arms: Object.fromEntries(figures) };
};

Object.assign(window, { measure });
