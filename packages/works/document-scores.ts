import { PathfoldError } from '@pathfold/protocol/errors';
import * as z from 'zod/mini';
import { TOLERANCE } from './queue/compared.ts';

/**
 * The scores of documents by a path: the payload of evaluations and of losses for the router. JSON, UTF-8; one entry a
 * document that was asked for, in their order.
 */
const DocumentScores = z.strictObject({
  documents: z.array(
    z.strictObject({
      /** Its place in the documents blob. */
      document: z.int().check(z.minimum(0)),
      /** Over its scored tokens; bytes of their text. */
      nats: z.number().check(z.minimum(0)),
      tokens: z.int().check(z.minimum(0)),
      bytes: z.int().check(z.minimum(0)),
      /** The nats of each `chunkTokens` scored tokens, the last chunk perhaps shorter; where chunks were asked for. */
      chunks: z.optional(z.array(z.number().check(z.minimum(0)))),
    }),
  ),
});
export type DocumentScores = z.infer<typeof DocumentScores>;
export type DocumentScore = DocumentScores['documents'][number];

export const encodeScores = (scores: DocumentScores): Uint8Array => new TextEncoder().encode(JSON.stringify(scores));

/** No net that is trained loses so much on a token of text: more is an invention, and no number to sum up. */
const MOST_NATS = 100;

const isTrueToLife = ({ nats, tokens, bytes, chunks = [] }: DocumentScore): boolean =>
  [nats, ...chunks].every((lost) => lost <= MOST_NATS * tokens) && bytes >= tokens && (tokens > 0 || bytes === 0);

/** Throws PathfoldError `bad_payload`, also on losses that no net has. */
export function readScores(payload: Uint8Array): DocumentScore[] {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload));
  } catch {
    throw new PathfoldError('bad_payload', 'the result is not JSON in UTF-8');
  }
  const parsed = DocumentScores.safeParse(json);
  if (!parsed.success) throw new PathfoldError('bad_payload', 'the result does not fit its schema');
  const { documents } = parsed.data;
  if (documents.some(({ document }, i) => i > 0 && document <= documents[i - 1]!.document))
    throw new PathfoldError('bad_payload', 'the documents are not in order');
  const odd = documents.find((score) => !isTrueToLife(score));
  if (odd)
    throw new PathfoldError(
      'bad_payload',
      `document ${odd.document}: ${odd.nats} nats on ${odd.tokens} tokens of ${odd.bytes} bytes are no loss of a net`,
    );
  return documents;
}

/** Whether each document of a split is scored, of each so many tokens. */
export const areScoresOf = (scores: readonly DocumentScore[], tokens: readonly number[]): boolean =>
  scores.length === tokens.length && scores.every((one, i) => one.document === i && one.tokens === tokens[i]);

/** Nats that two honest scores of any stretch of text may differ by, beside `TOLERANCE` of them. */
const SLACK_NATS = 0.01;

const near = (a: number, b: number): boolean => Math.abs(a - b) <= SLACK_NATS + TOLERANCE * Math.max(a, b);

/** Whether two scorings of the same path say the same: the same documents, and of each, and each chunk, the same nats. */
export const sameScores = (a: readonly DocumentScore[], b: readonly DocumentScore[]): boolean =>
  a.length === b.length &&
  a.every((one, i) => {
    const other = b[i]!;
    const chunks = one.chunks ?? [];
    const otherChunks = other.chunks ?? [];
    return (
      one.document === other.document &&
      one.tokens === other.tokens &&
      one.bytes === other.bytes &&
      near(one.nats, other.nats) &&
      chunks.length === otherChunks.length &&
      chunks.every((nats, chunk) => near(nats, otherChunks[chunk]!))
    );
  });
