import { parameterCount } from '@pathfold/checkpoint/path';
import { initPath } from '@pathfold/checkpoint/sources/seed';
import { llamaHidden, pathTensors } from '@pathfold/nets/llama';
import type { Executor } from '@pathfold/tensors/executors/executor';
import { openExecutor } from '@pathfold/tensors/executors/open';
import { nodeWorkers } from '@pathfold/tensors/executors/wasm/node-workers';
import { trace } from '@pathfold/tensors/plan/trace';
import { rmsNorm } from '@pathfold/tensors/primitives/rms-norm/rms-norm';
import { afterEach, expect, test } from 'vitest';
import { features } from './features.ts';
import { tinyPath, windows } from './fixtures.ts';

const opened: Executor[] = [];
afterEach(() => {
  for (const executor of opened.splice(0)) executor.dispose();
});
const open = async (...args: Parameters<typeof openExecutor>): Promise<Executor> => {
  const executor = await openExecutor(...args);
  opened.push(executor);
  return executor;
};

const theta = initPath(tinyPath, 5);
const { context, width } = tinyPath.model;
const PREFIX = 7;
/** Eleven documents: of a whole context, of fewer tokens than the prefix, and of none. */
const documents = Array.from({ length: 11 }, (_, d) => {
  const { tokens } = windows(d, 1);
  return tokens.subarray(0, d === 4 ? 3 : d === 9 ? 0 : context);
});
const ask = (executor: Executor, batch = 8) =>
  features({ executor, path: tinyPath, theta, documents, prefixTokens: PREFIX, batch });

/** The hidden states of whole documents, averaged over the prefix by hand. */
const byHand = async (executor: Executor, tokens: Int32Array): Promise<number[]> => {
  const program = executor.compile(
    trace((t) => {
      const w = pathTensors(t.state('theta', [parameterCount(tinyPath)]), tinyPath.modules);
      const hidden = llamaHidden(tinyPath.model, w, t.input('tokens', [context], 'i32'));
      t.output('hidden', rmsNorm(hidden, w('finalNorm')));
    }),
  );
  program.write('theta', theta);
  const hidden = (await program.run({ tokens }))['hidden']!;
  const mean = (d: number) =>
    Array.from({ length: PREFIX }, (_, i) => hidden[i * width + d]!).reduce((a, b) => a + b) / PREFIX;
  return Array.from({ length: width }, (_, d) => mean(d));
};

const furthest = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Math.max(...Array.from(a, (value, i) => Math.abs(value - b[i]!)));

test('features are the mean of the final hidden state over a prefix, and executors agree', async () => {
  const reference = await open('tfjs-cpu');
  const rows = await ask(reference);
  expect(rows).toHaveLength(documents.length * width);
  for (const d of [0, 8]) {
    const wanted = await byHand(reference, documents[d]!);
    expect(furthest(wanted, rows.subarray(d * width, (d + 1) * width))).toBeLessThan(1e-5);
  }
  expect(rows.subarray(9 * width, 10 * width).every((value) => value === 0)).toBe(true);
  for (const executor of [await open('wasm', { workers: nodeWorkers(2) }), await open('tfjs-wasm')])
    expect(furthest(await ask(executor, 3), rows)).toBeLessThan(1e-5);
});

test('a document shorter than the prefix has the features of its own tokens', async () => {
  const executor = await open('wasm');
  const rows = await ask(executor);
  const short = { executor, path: tinyPath, theta, documents: [documents[4]!], prefixTokens: 3 };
  expect(furthest(await features(short), rows.subarray(4 * width, 5 * width))).toBeLessThan(1e-6);
});

test('refuses a prefix that is no prefix of a sequence, and tokens outside the vocabulary', async () => {
  const executor = await open('wasm');
  const options = { executor, path: tinyPath, theta, documents, prefixTokens: PREFIX };
  await expect(features({ ...options, prefixTokens: context + 1 })).rejects.toThrow(
    'a prefix of 17 tokens does not fit the context of 16',
  );
  await expect(features({ ...options, documents: [[1, 32]] })).rejects.toThrow('token 32 at 1 is outside');
});
