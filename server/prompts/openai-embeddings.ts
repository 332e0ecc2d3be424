import type { BlobStore } from '@pathfold/blobs/blob-store';
import { PathfoldError } from '@pathfold/protocol/errors';
import type * as z from 'zod';
import { type EmbeddingBody, textsOf } from './openai-schema.ts';
import { baseVersion, pathVersion } from './path-source.ts';
import type { PromptWorker } from './prompt-worker.ts';
import type { PromptRun } from './runs.ts';

/** OpenAI's clients ask for the bytes of little-endian float32 numbers, unless told otherwise. */
const spelled = (feature: readonly number[], format: 'float' | 'base64'): number[] | string =>
  format === 'float' ? [...feature] : Buffer.from(Float32Array.from(feature).buffer).toString('base64');

/**
 * Embeddings of texts: the features by which routers read documents, of the run's base or of its only path. Throws
 * `bad_request` where there is neither.
 */
export async function embeddings(
  run: PromptRun,
  blobs: BlobStore,
  worker: PromptWorker,
  { input, encoding_format }: z.infer<typeof EmbeddingBody>,
  signal: AbortSignal,
) {
  const [only = '', ...others] = run.paths;
  if (!run.base && others.length > 0)
    throw new PathfoldError('bad_request', `Run ${run.id} has no base: it computes no features of texts.`);
  const version = run.base ? baseVersion(run, blobs) : pathVersion(run, only, blobs);
  const data: object[] = [];
  let tokens = 0;
  for (const text of textsOf(input)) {
    const read = await worker.embed(version, text, signal);
    tokens += read.tokens;
    const embedding = spelled(read.feature, encoding_format ?? 'float');
    data.push({ object: 'embedding', index: data.length, embedding });
  }
  return { object: 'list', data, model: run.id, usage: { prompt_tokens: tokens, total_tokens: tokens } };
}
