import type { BlobRef } from '@pathfold/protocol/blob';
import type * as z from 'zod/mini';
import type { Amount } from './task-amount.ts';

/** A part of a study as it is computed, by volunteers and in audits: the same task and blobs give the same bytes everywhere. */
export interface ExactPart<T> {
  /** Name of the kind of work. */
  readonly name: string;
  readonly Task: z.ZodMiniType<T>;
  amountOf(task: T): Amount;
  /** The blobs that it begins with, in order; null for one that is not there yet. */
  blobsOf(task: T): readonly (BlobRef | null)[];
  /** One unit at a time; it returns the contribution. `again`: only these of its items, for an audit. */
  work(task: T, blobs: readonly (Uint8Array | null)[], again: readonly number[] | null): Generator<void, Uint8Array>;
}
