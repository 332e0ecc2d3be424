import { initPath } from '@pathfold/checkpoint/sources/seed';
import type { Executor } from '@pathfold/tensors/executors/executor';
import { tinyPath, windows } from './fixtures.ts';
import { bitsHash } from './hash.ts';
import { round } from './round.ts';

/**
 * Sequences a step, and the hash of what our kernels make of 20 inner steps, in every engine and on any number of
 * threads. They change with the order of sums only.
 */
export const BITS = {
  1: '9c0a27157aa2159117df9bbe3a0248e156bed28aaa6f7678c3d786f9d60bdd8d',
  2: '9692d31d76a3faa03d65566b5a5919bcad9c63e5d06632f6df2bd7ef94347df1',
  11: '176f82d60030d007bdf621066db8b7140a0d9e196ddaaf919b2217a0b2afe0a7',
} as const;

/** 20 AdamW steps of the tiny path: the SHA-256 of the change of its weights, and the loss of each step. */
export const twentySteps = async (
  executor: Executor,
  batch: number,
  recompute = false,
): Promise<{ hash: string; losses: number[] }> => {
  const schedule = { learningRate: 3e-3, warmupSteps: 5, totalSteps: 100 };
  const inner = { ...schedule, batch, weightDecay: 0.1, clipNorm: 1, recompute };
  const losses: number[] = [];
  // Where every step seems to take a second, a GPU is waited for after each, and each loss is told.
  let seconds = 0;
  const clock = { now: () => 1000 * seconds++, sleep: async () => {} };
  const { delta } = await round({
    executor,
    path: tinyPath,
    inner,
    theta: initPath(tinyPath, 1),
    moments: null,
    globalStep: 0,
    steps: 20,
    batches: (step) => windows(step, batch),
    clock,
    onProgress: ({ loss }) => losses.push(loss),
  });
  return { hash: await bitsHash(delta), losses };
};
