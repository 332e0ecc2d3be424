import type { PathShape } from '@pathfold/checkpoint/path';
import type { Executor } from '@pathfold/tensors/executors/executor';
import type { Plan } from '@pathfold/tensors/plan/types';
import { type Clock, systemClock } from './clock.ts';

export interface ForwardOptions {
  readonly executor: Executor;
  readonly path: PathShape;
  readonly theta: Float32Array;
  /** Sequences computed at once. */
  readonly batch?: number;
  readonly clock?: Clock;
  readonly signal?: AbortSignal;
  onProgress?(sequencesDone: number): void;
}

export const BATCH = 8;

/**
 * Runs a plan of `batch` sequences, without gradients, over any number of sequences of `context` ids in each of
 * `inputs`. `receive` gets output `name` of each batch with the number of its first sequence; the last batch is filled
 * up with zeros. Throws `DeviceError`, and the signal's reason when it aborts.
 */
export const forward = async (
  { executor, path, theta, batch = BATCH, clock = systemClock, signal, onProgress }: ForwardOptions,
  plan: Plan,
  inputs: Readonly<Record<string, Int32Array>>,
  name: string,
  receive: (output: Float32Array, firstSequence: number) => void,
): Promise<void> => {
  const { context } = path.model;
  const sequences = Math.max(...Object.values(inputs).map((ids) => ids.length)) / context;
  const program = executor.compile(plan);
  try {
    program.write('theta', theta);
    for (let first = 0; first < sequences; first += batch) {
      signal?.throwIfAborted();
      const parts = Object.entries(inputs).map(([input, ids]) => {
        const padded = new Int32Array(batch * context);
        padded.set(ids.subarray(first * context, (first + batch) * context));
        return [input, padded] as const;
      });
      receive((await program.run(Object.fromEntries(parts), [name]))[name]!, first);
      onProgress?.(Math.min(first + batch, sequences));
      await clock.sleep(0, signal);
    }
  } finally {
    program.dispose();
  }
};
