import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

export interface Sampling {
  /** 0 takes the most likely token always. */
  temperature: number;
  /** Draws from the smallest set of most likely tokens whose probabilities sum to this (Holtzman et al. 2020). */
  topP: number;
  /** Draws from this many most likely tokens; null: from all. */
  topK: number | null;
  /** 32-bit integer: the same seed, logits and options give the same tokens. */
  seed: number;
}

/** Draws a token id from logits [vocabulary]. */
export type Sampler = (logits_V: Float32Array) => number;

const mostLikely = (logits: Float32Array): number => {
  let best = 0;
  for (let id = 1; id < logits.length; id++) if (logits[id]! > logits[best]!) best = id;
  return best;
};

/**
 * `vocabulary`: ids from here on are never drawn (a corpus may yield fewer tokens than the model has rows: the rest were
 * never trained). `drawn`: tokens that were drawn elsewhere with this seed.
 */
export const sampler = (
  { temperature, topP, topK, seed }: Sampling,
  vocabulary = Number.POSITIVE_INFINITY,
  drawn = 0,
): Sampler => {
  if (temperature === 0) return (logits_V) => mostLikely(logits_V.subarray(0, vocabulary));
  const random = xoroshiro128plus(seed);
  for (let draw = 0; draw < drawn; draw++) uniformFloat64(random);
  return (logits_V) => {
    const logits = logits_V.subarray(0, vocabulary);
    const ids = Uint32Array.from(logits, (_, id) => id).sort((a, b) => logits[b]! - logits[a]! || a - b);
    const kept = topK === null ? ids : ids.subarray(0, topK);
    const most = logits[kept[0]!]!;
    const weights = Float64Array.from(kept, (id) => Math.exp((logits[id]! - most) / temperature));
    const total = weights.reduce((sum, weight) => sum + weight, 0);

    let mass = 0;
    let count = 0;
    while (count < weights.length && (count === 0 || mass < topP * total)) mass += weights[count++]!;
    let left = uniformFloat64(random) * mass;
    for (let rank = 0; rank < count; rank++) {
      left -= weights[rank]!;
      if (left < 0) return kept[rank]!;
    }
    return kept[count - 1]!;
  };
};
