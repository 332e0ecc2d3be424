import * as z from 'zod/mini';
import { Sha256 } from './blob.ts';
import { Continuation } from './continuation.ts';
import { DETAIL_CHARS } from './errors.ts';

/** Messages from the coordinator to a volunteer: one JSON text frame each. Durations, never wall-clock times. */
const id = z.string().check(z.minLength(1), z.maxLength(80));
const duration = z.number().check(z.minimum(0));
const piece = z.int().check(z.minimum(0), z.maximum(4096));
const code = z.string().check(z.maxLength(60));
const detail = z.string().check(z.maxLength(DETAIL_CHARS));

export const IceServer = z.strictObject({
  urls: z.union([z.string(), z.array(z.string())]),
  username: z.optional(z.string()),
  credential: z.optional(z.string()),
});
export type IceServer = z.infer<typeof IceServer>;

/** One piece of work, granted to one volunteer. `body` is the task of its kind (works/KIND/task.ts). */
export const LeaseMessage = z.strictObject({
  type: z.literal('lease'),
  lease: id,
  run: id,
  kind: z.string().check(z.maxLength(40)),
  body: z.unknown(),
  /** Secret for the upload of this lease's contribution. */
  token: z.string().check(z.maxLength(200)),
  durationMs: duration,
  maxPayloadBytes: z.int().check(z.minimum(0)),
});
export type LeaseMessage = z.infer<typeof LeaseMessage>;

export const Down = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('challenge'), nonce: z.string().check(z.maxLength(100)), version: z.int() }),
  z.strictObject({
    type: z.literal('welcome'),
    volunteer: id,
    resume: z.string().check(z.maxLength(200)),
    heartbeatMs: duration,
    silenceMs: duration,
    credit: z.number(),
    /** Leases that this volunteer still holds from before a reconnect; all others are gone. */
    leases: z.array(id),
    iceServers: z.array(IceServer),
  }),
  LeaseMessage,
  /** The lease is over: stop, upload nothing. */
  z.strictObject({ type: z.literal('revoke'), lease: id, code, detail }),
  /** The fate of a contribution. `state` as in the contributions list. */
  z.strictObject({
    type: z.literal('settled'),
    lease: id,
    state: z.enum(['received', 'checked', 'folded', 'rejected']),
    code: z.nullable(code),
    detail,
    /** The volunteer's whole credit now, in tokens. */
    credit: z.number(),
  }),
  /** A prompt to go on with, beside the work in hand. `body` names the path (works/answer/task.ts). */
  z.strictObject({
    type: z.literal('ask'),
    lease: id,
    run: id,
    body: z.unknown(),
    continuation: Continuation,
    durationMs: duration,
  }),
  /** Enough of that answer. */
  z.strictObject({ type: z.literal('hush'), lease: id }),
  /** No work just now, and why; a lease comes by itself when there is. */
  z.strictObject({ type: z.literal('idle'), code, detail }),
  /** Volunteers who have the blob or ask for it too, and the pieces of it that this one fetches from the coordinator. */
  z.strictObject({
    type: z.literal('peers'),
    sha256: Sha256,
    peers: z.array(id).check(z.maxLength(16)),
    slice: z.nullable(z.strictObject({ from: piece, to: piece })),
  }),
  z.strictObject({ type: z.literal('signal'), from: id, data: z.string().check(z.maxLength(16_384)) }),
  z.strictObject({ type: z.literal('pong') }),
  /** Something went wrong with what the volunteer sent; when `fatal` the socket closes next. */
  z.strictObject({ type: z.literal('error'), code, detail, fatal: z.boolean() }),
]);
export type Down = z.infer<typeof Down>;
