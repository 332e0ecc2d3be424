import { PathfoldError } from '@pathfold/protocol/errors';
import { uniformOf } from './hash.ts';

export interface TrainingBatch {
  /** [batch, context] token ids, row-major. */
  inputs: Int32Array;
  /** [batch, context]: the token after each input. */
  targets: Int32Array;
}

/**
 * The training batch of one inner step: `batch` windows of `context` + 1 tokens, drawn uniformly with
 * replacement from the whole stream (windows cross document ends, which END_OF_TEXT marks). A pure
 * function of its arguments: the same on every machine, and no step depends on those before it.
 * Throws PathfoldError corpus_too_short when the stream holds no whole window.
 */
export function drawWindows(
  tokens: Uint16Array,
  { context, batch, seed, step }: { context: number; batch: number; seed: number; step: number },
): TrainingBatch {
  const starts = tokens.length - context;
  if (starts < 1)
    throw new PathfoldError('corpus_too_short', `a shard of ${tokens.length} tokens holds no window of ${context + 1}`);
  const inputs = new Int32Array(batch * context);
  const targets = new Int32Array(batch * context);
  for (let row = 0; row < batch; row++) {
    const start = Math.floor(uniformOf(seed, step, row) * starts);
    inputs.set(tokens.subarray(start, start + context), row * context);
    targets.set(tokens.subarray(start + 1, start + context + 1), row * context);
  }
  return { inputs, targets };
}
