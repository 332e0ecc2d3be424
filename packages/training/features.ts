import { checkTokens } from './batch.ts';
import { BATCH, type ForwardOptions, forward } from './forward.ts';
import { hiddenPlan } from './plans.ts';

export interface FeaturesOptions extends ForwardOptions {
  /** Token ids; of each document the first `prefixTokens` are looked at, or all where it is shorter. */
  readonly documents: readonly ArrayLike<number>[];
  /** At most the model's context. */
  readonly prefixTokens: number;
}

/**
 * The feature of a document for routing (DiPaCo section 2.4): the mean, over the positions of its prefix, of the hidden
 * state after the final norm. Rows [documents * D]; a document without tokens has zeros. Throws as `evaluate` does.
 */
export const features = async (options: FeaturesOptions): Promise<Float32Array> => {
  const { documents, prefixTokens, batch = BATCH } = options;
  const { width, context, vocabulary } = options.path.model;
  if (!(prefixTokens >= 1 && prefixTokens <= context))
    throw new RangeError(`a prefix of ${prefixTokens} tokens does not fit the context of ${context}`);
  // Nothing after the prefix can change it: shorter sequences are the same net, and less work.
  const path = { ...options.path, model: { ...options.path.model, context: prefixTokens } };
  const lengths = documents.map(({ length }) => Math.min(length, prefixTokens));
  const tokens = new Int32Array(documents.length * prefixTokens);
  documents.forEach((ids, d) => {
    for (let i = 0; i < lengths[d]!; i++) tokens[d * prefixTokens + i] = ids[i]!;
  });
  checkTokens({ tokens, targets: tokens }, vocabulary);

  const rows = new Float32Array(documents.length * width);
  await forward({ ...options, path }, hiddenPlan(path, batch), { tokens }, 'hidden', (hidden, first) => {
    lengths.slice(first, first + batch).forEach((length, i) => {
      for (let d = 0; d < width; d++) {
        let sum = 0;
        for (let position = 0; position < length; position++) sum += hidden[(i * prefixTokens + position) * width + d]!;
        rows[(first + i) * width + d] = sum / Math.max(length, 1);
      }
    });
  });
  return rows;
};
