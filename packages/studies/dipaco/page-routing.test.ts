import type { FeatureRouter } from '@pathfold/routing/assign/router';
import { expect, test } from 'vitest';
import { type FeaturesOf, natsOnThePage } from './page-routing.ts';

/** Two paths, each the nearest to one kind of byte; a prefix of two bytes decides. */
const router: FeatureRouter = {
  ...{ kind: 'kmeans', version: 1, paths: ['0', '1'], prefixBytes: 2, prefixTokens: 4, base: ['a'.repeat(64)] },
  ...{ mean: [0], scale: [1], biases: [0, 0], centroids: [[[1], [2]]] },
};
/** The mean byte. */
const featuresOf: FeaturesOf = async (texts) =>
  texts.map((ids) => Float32Array.of(ids.reduce((sum, id) => sum + id, 0) / ids.length));
/** Path 0 loses 1 nat a chunk of two bytes, path 1 ten. */
const scoresOf = (nats: number, chunks: number) => [
  { document: 0, nats: nats * chunks, tokens: 2 * chunks, bytes: 2 * chunks, chunks: new Array(chunks).fill(nats) },
];
const natsWith = (ids: readonly number[], every: number) => {
  const chunks = (ids.length - 2) / 2;
  const page = {
    ...{ router, documents: [Uint16Array.from(ids)], assigned: [0], chunkTokens: 2, featuresOf },
    scores: [scoresOf(1, chunks), scoresOf(10, chunks)],
  };
  return natsOnThePage(page, [every]);
};

test('the path of each stretch is chosen by the mean feature of all before it, and by nothing of its own', async () => {
  // All bytes are of the first path's kind: it stays.
  expect(await natsWith([1, 1, 1, 1, 1, 1, 1, 1], 2)).toEqual({ 2: 3 / 6 });
  // Twos come in the second stretch: the mean is 2 × 1 and 2 × 2, then 2 × 1 and 4 × 2, which is nearer to the second path.
  expect(await natsWith([1, 1, 2, 2, 2, 2, 2, 2], 2)).toEqual({ 2: (1 + 1 + 10) / 6 });
  // Chosen again only after all four, the first path writes them; what comes last decides nothing any more.
  expect(await natsWith([1, 1, 2, 2, 2, 2, 2, 2], 4)).toEqual({ 4: (1 + 1 + 10) / 6 });
  expect(await natsWith([1, 1, 1, 1, 1, 1, 2, 2], 2)).toEqual({ 2: 3 / 6 });
});
