import { scoredPart } from '@pathfold/corpora/scoring';
import { readTokenizer } from '@pathfold/corpora/tokenizer';
import { rerouting } from '@pathfold/inference/reroute';
import type { PathSession } from '@pathfold/inference/session';
import type { FeatureRouter } from '@pathfold/routing/assign/router';
import type { DocumentScore } from '@pathfold/works/document-scores';
import { byteTokenizer } from '../byte-corpus.ts';

/** Features of texts under the base, a row each. */
export type FeaturesOf = (texts: readonly (readonly number[])[]) => Promise<readonly Float32Array[]>;

export interface PageRouting {
  readonly router: FeatureRouter;
  readonly documents: readonly Uint16Array[];
  /** The path of each document by its prefix, as a place in the router's paths. */
  readonly assigned: readonly number[];
  /** By path, of all documents in their order, with chunks of `chunkTokens`. */
  readonly scores: readonly (readonly DocumentScore[])[];
  readonly chunkTokens: number;
  readonly featuresOf: FeaturesOf;
}

/**
 * Nats a byte when each document is an answer of the prompt page: its prefix is the prompt, and every so many tokens the
 * router chooses the path again by the mean feature of all that was read so far (inference/reroute.ts). Here a token is a
 * byte. The operator's page tells what the losses of every path would choose, which costs all paths; this costs one.
 */
export async function natsOnThePage(page: PageRouting, intervals: readonly number[]): Promise<Record<number, number>> {
  const { router, documents, assigned, scores, chunkTokens } = page;
  const tokenizer = readTokenizer(byteTokenizer());
  const prompts = documents.map((ids) => scoredPart(ids, tokenizer.byteLengths, router.prefixBytes).from);
  const features = await featuresBefore(page, prompts, Math.min(...intervals));
  const feature = async (ids: readonly number[]): Promise<Float32Array> => features.get(ids.join())!;
  const by = { router, tokenizer, features: { feature, release: async () => {} } };
  const bytes = scores[0]!.reduce((sum, score) => sum + score.bytes, 0);
  const nats: Record<number, number> = {};
  for (const every of intervals) {
    let sum = 0;
    for (const [document, ids] of documents.entries()) {
      const from = prompts[document]!;
      const pathAt = rerouting({
        ...{ by, every, prompt: [...ids.subarray(0, from)], first: router.paths[assigned[document]!]! },
        // Nothing is written: who would write is all there is to a session.
        open: async (path) => path as unknown as PathSession,
        onMove() {},
      });
      for (let at = from; at < ids.length; at += every) {
        const path = router.paths.indexOf((await pathAt([...ids.subarray(from, at)])) as unknown as string);
        const chunks = scores[path]![document]!.chunks!;
        const [first, end] = [(at - from) / chunkTokens, (at - from + every) / chunkTokens];
        sum += chunks.slice(first, end).reduce((total, chunk) => total + chunk, 0);
      }
    }
    nats[every] = sum / bytes;
  }
  return nats;
}

/** Features of the pieces that are read before each choice (inference/reroute.ts), by their tokens. */
async function featuresBefore(
  { router, documents, featuresOf }: PageRouting,
  prompts: readonly number[],
  every: number,
): Promise<Map<string, Float32Array>> {
  const length = Math.max(1, Math.min(router.prefixTokens, router.prefixBytes));
  const pieces = new Map<string, number[]>();
  documents.forEach((ids, document) => {
    for (let read = prompts[document]! + every; read < ids.length; read += every)
      for (let start = 0; start < read; start += length) {
        const piece = [...ids.subarray(start, Math.min(read, start + length))];
        pieces.set(piece.join(), piece);
      }
  });
  const rows = await featuresOf([...pieces.values()]);
  return new Map([...pieces.keys()].map((key, row) => [key, rows[row]!]));
}
