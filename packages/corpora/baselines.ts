import { END_OF_TEXT } from '@pathfold/protocol/blob';
import { type ScoringRule, scoredPart } from './scoring.ts';
import { documentsOf } from './shards.ts';

export interface Baselines {
  unigramBitsPerByte: number;
  bigramBitsPerByte: number;
}

/**
 * The score of counting alone on the run's tokens: fitted on `train`, scored on `test` as a model is
 * (scoring.ts). Both are Witten-Bell interpolated (Chen and Goodman 1998, eq. 17), which has no free
 * parameter: with T(h) the number of different tokens seen after h,
 *   P(w)     = (c(w) + T / V) / (N + T)
 *   P(w | v) = (c(v, w) + T(v) P(w)) / (c(v) + T(v))
 *
 * @param train, test streams in which each document ends with END_OF_TEXT.
 * @param byteLengths bytes of text of each id; its length is V.
 */
export function baselinesOf(
  train: Uint16Array,
  test: Uint16Array,
  byteLengths: Uint16Array,
  { prefixBytes }: Pick<ScoringRule, 'prefixBytes'>,
): Baselines {
  const vocabularySize = byteLengths.length;
  const counts = new Float64Array(vocabularySize);
  const followers = new Float64Array(vocabularySize);
  /** [previous, id]: 4 MB at 1,024 tokens. */
  const pairs = new Uint32Array(vocabularySize ** 2);
  let previous = END_OF_TEXT;
  for (const id of train) {
    counts[id]!++;
    const pair = previous * vocabularySize + id;
    if (pairs[pair]!++ === 0) followers[previous]!++;
    previous = id;
  }
  const kinds = counts.reduce((sum, count) => sum + (count > 0 ? 1 : 0), 0);
  const unigram = (id: number) => (counts[id]! + kinds / vocabularySize) / (train.length + kinds);
  const bigram = (before: number, id: number) => {
    const seen = counts[before]! + followers[before]!;
    if (seen === 0) return unigram(id);
    return (pairs[before * vocabularySize + id]! + followers[before]! * unigram(id)) / seen;
  };

  let unigramBits = 0;
  let bigramBits = 0;
  let scoredBytes = 0;
  for (const ids of documentsOf(test)) {
    const { from, bytes } = scoredPart(ids, byteLengths, prefixBytes);
    scoredBytes += bytes;
    for (let i = from; i < ids.length; i++) {
      unigramBits -= Math.log2(unigram(ids[i]!));
      bigramBits -= Math.log2(bigram(i === 0 ? END_OF_TEXT : ids[i - 1]!, ids[i]!));
    }
  }
  return { unigramBitsPerByte: unigramBits / scoredBytes, bigramBitsPerByte: bigramBits / scoredBytes };
}
