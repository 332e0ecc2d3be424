import * as z from 'zod/mini';
import { Sha256 } from './blob.ts';
import { ExecutorInfo } from './report.ts';

/** Messages from a volunteer to the coordinator: one JSON text frame each. */
const id = z.string().check(z.minLength(1), z.maxLength(80));
const base64url = (max: number) => z.string().check(z.regex(/^[A-Za-z0-9_-]+$/), z.maxLength(max));

const rate = z.number().check(z.minimum(1), z.maximum(1e12));

export const Up = z.discriminatedUnion('type', [
  /** First message. `publicKey`: raw Ed25519, 32 bytes. `versions`: the range that the volunteer speaks. */
  z.strictObject({
    type: z.literal('hello'),
    versions: z.strictObject({ min: z.int(), max: z.int() }),
    publicKey: base64url(64),
    name: z.string().check(z.maxLength(40)),
    agent: z.enum(['browser', 'node']),
    resume: z.nullable(z.string().check(z.maxLength(200))),
  }),
  /** Answer to `challenge`: Ed25519 signature over `pathfold:` + nonce (UTF-8). */
  z.strictObject({ type: z.literal('prove'), signature: base64url(128) }),
  /** Asks for a lease. Sent again after each lease ends. */
  z.strictObject({
    type: z.literal('ready'),
    executor: ExecutorInfo,
    memoryBytes: z.int().check(z.minimum(0)),
    /** The run that the person would rather lend to; of any other only when that one has no work. */
    prefers: z.optional(id),
    /** The rates of its line, as it measured; left out until it knows both ways. */
    line: z.optional(z.strictObject({ upBytesPerSecond: rate, downBytesPerSecond: rate })),
  }),
  /** No more leases, please; the one that is held goes on. */
  z.strictObject({ type: z.literal('away') }),
  /** Heartbeat with progress; also shows that the volunteer lives. */
  z.strictObject({
    type: z.literal('progress'),
    lease: id,
    steps: z.int().check(z.minimum(0)),
    loss: z.nullable(z.number()),
    tokensPerSecond: z.number().check(z.minimum(0), z.maximum(1e12)),
  }),
  /** Gives a lease back unfinished. `code`: why (`user`, or a code of the error table). */
  z.strictObject({
    type: z.literal('release'),
    lease: id,
    code: z.string().check(z.maxLength(60)),
    detail: z.string().check(z.maxLength(400)),
  }),
  z.strictObject({ type: z.literal('ping') }),
  /** Sharing, only after the person agreed: which blobs this volunteer serves to peers. Replaces the last list. */
  z.strictObject({ type: z.literal('have'), blobs: z.array(Sha256).check(z.maxLength(512)) }),
  /** Asks who has this blob or asks for it too, and for a slice of it; `peers` answers. */
  z.strictObject({ type: z.literal('want'), sha256: Sha256, bytes: z.int().check(z.minimum(0)) }),
  /** A peer sent wrong bytes, nothing, or too much. */
  z.strictObject({ type: z.literal('report'), peer: id, fault: z.enum(['lied', 'stalled', 'flooded']) }),
  /** Whether prompts of strangers may be answered here, beside the work in hand: only after the person agreed. */
  z.strictObject({ type: z.literal('answering'), on: z.boolean() }),
  /** Further tokens of an answer; `end`: no more come. */
  z.strictObject({
    type: z.literal('tokens'),
    lease: id,
    ids: z.array(z.int().check(z.minimum(0), z.maximum(0xffff))).check(z.maxLength(256)),
    end: z.boolean(),
  }),
  /** The answer cannot be given, or not to its end. `code` as in `release`. */
  z.strictObject({
    type: z.literal('unanswered'),
    lease: id,
    code: z.string().check(z.maxLength(60)),
    detail: z.string().check(z.maxLength(400)),
  }),
  /** A WebRTC signal to another volunteer. */
  z.strictObject({ type: z.literal('signal'), to: id, data: z.string().check(z.maxLength(16_384)) }),
]);
export type Up = z.infer<typeof Up>;
export const MAX_UP_BYTES = 64 * 1024;
