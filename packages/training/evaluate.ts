import { type Batch, checkTokens } from './batch.ts';
import { BATCH, type ForwardOptions, forward } from './forward.ts';
import { evaluationPlan } from './plans.ts';

export interface EvaluateOptions extends ForwardOptions {
  /** Any number of windows of `context` tokens; the last ones may be padded, which changes nothing before the padding. */
  readonly windows: Batch;
}

/**
 * Nats of each target under the path: [windows * context]. Throws `DeviceError`, `TokenOutside`, and the signal's
 * reason when it aborts.
 */
export const evaluate = async (options: EvaluateOptions): Promise<Float32Array> => {
  const { path, windows, batch = BATCH } = options;
  const { context, vocabulary } = path.model;
  checkTokens(windows, vocabulary);
  const nats = new Float32Array(windows.tokens.length);
  await forward(options, evaluationPlan(path, batch), { ...windows }, 'nats', (output, first) => {
    const from = first * context;
    nats.set(output.subarray(0, nats.length - from), from);
  });
  return nats;
};
