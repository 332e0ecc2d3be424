import type { Executor } from '@pathfold/tensors/executors/executor';
import { type Batch, checkTokens } from './batch.ts';
import { type Clock, systemClock } from './clock.ts';
import type { PathShape } from './path.ts';
import { evaluationPlan } from './plans.ts';

export interface EvaluateOptions {
  readonly executor: Executor;
  readonly path: PathShape;
  readonly theta: Float32Array;
  /** Any number of windows of `context` tokens; the last ones may be padded, which changes nothing before the padding. */
  readonly windows: Batch;
  /** Sequences computed at once. */
  readonly batch?: number;
  readonly clock?: Clock;
  readonly signal?: AbortSignal;
  onProgress?(windowsDone: number): void;
}

/**
 * Nats of each target under the path: [windows * context]. Throws `DeviceError`, RangeError on a token outside the
 * vocabulary, and the signal's reason when it aborts.
 */
export const evaluate = async (options: EvaluateOptions): Promise<Float32Array> => {
  const { executor, path, theta, windows, batch = 8, signal, clock = systemClock } = options;
  checkTokens(windows, path.model.vocabulary);
  const stretch = batch * path.model.context;
  const nats = new Float32Array(windows.tokens.length);
  const program = executor.compile(evaluationPlan(path, batch));
  try {
    program.write('theta', theta);
    for (let from = 0; from < nats.length; from += stretch) {
      signal?.throwIfAborted();
      const part = (ids: Int32Array): Int32Array => {
        const padded = new Int32Array(stretch);
        padded.set(ids.subarray(from, from + stretch));
        return padded;
      };
      const outputs = await program.run({ tokens: part(windows.tokens), targets: part(windows.targets) });
      nats.set(outputs['nats']!.subarray(0, nats.length - from), from);
      options.onProgress?.(Math.min(from + stretch, nats.length) / path.model.context);
      await clock.sleep(0);
    }
    return nats;
  } finally {
    program.dispose();
  }
};
