import type { PathShape } from '@pathfold/checkpoint/path';
import { scoredPart, scoringWindows } from '@pathfold/corpora/scoring';
import { readTokenizer } from '@pathfold/corpora/tokenizer';
import { END_OF_TEXT } from '@pathfold/protocol/blob';
import type { Executor } from '@pathfold/tensors/executors/executor';
import { evaluate } from '@pathfold/training/evaluate';
import { byteTokenizer } from '../byte-corpus.ts';

const STANDING = { now: () => 0, sleep: async () => {} };

/**
 * Nats a byte of documents in byte tokens under a path, by the product's rule (corpora/scoring.ts): sliding windows,
 * the first `prefixBytes` of each document scored for nobody.
 */
export async function natsPerByte(
  executor: Executor,
  path: PathShape,
  theta: Float32Array,
  documents: readonly Uint16Array[],
  prefixBytes: number,
): Promise<number> {
  const { byteLengths } = readTokenizer(byteTokenizer());
  const rule = { context: path.model.context, prefixBytes };
  const windows = documents.flatMap((ids) =>
    scoringWindows(ids, byteLengths, rule).map((window) => ({ ids, ...window })),
  );
  const tokens = new Int32Array(windows.length * rule.context).fill(END_OF_TEXT);
  const targets = tokens.slice();
  windows.forEach(({ ids, start, length }, w) => {
    for (let i = 0; i < length; i++) {
      if (start + i > 0) tokens[w * rule.context + i] = ids[start + i - 1]!;
      targets[w * rule.context + i] = ids[start + i]!;
    }
  });
  const nats = await evaluate({ executor, path, theta, windows: { tokens, targets }, clock: STANDING });
  let sum = 0;
  windows.forEach(({ scoreFrom, length }, w) => {
    for (let i = scoreFrom; i < length; i++) sum += nats[w * rule.context + i]!;
  });
  return sum / documents.reduce((bytes, ids) => bytes + scoredPart(ids, byteLengths, prefixBytes).bytes, 0);
}
