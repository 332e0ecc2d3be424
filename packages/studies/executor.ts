import type { Executor } from '@pathfold/tensors/executors/executor';
import { openNative } from '@pathfold/tensors/executors/native/open';
import { openExecutor } from '@pathfold/tensors/executors/open';
import { selfTest } from '@pathfold/training/self-test';

/** Executors of studies on this machine: the same bits, so that no key holds the name. */
export const STUDY_EXECUTORS = ['wasm', 'native'] as const;
export type StudyExecutor = (typeof STUDY_EXECUTORS)[number];

/** Throws where this machine cannot compile the native kernels, or they do not give the bits that are asked for. */
export async function openStudyExecutor(name: StudyExecutor = 'wasm'): Promise<Executor> {
  if (name === 'wasm') return openExecutor('wasm');
  const executor = await openNative();
  const { passed, reason } = await selfTest(executor);
  if (!passed) throw new Error(`the native executor ${reason}; go on with --executor wasm`);
  return executor;
}
