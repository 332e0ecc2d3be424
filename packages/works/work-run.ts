import type { VersionRef } from '@pathfold/protocol/blob';
import { PathfoldError } from '@pathfold/protocol/errors';
import type { Executor } from '@pathfold/tensors/executors/executor';
import type { Clock } from '@pathfold/training/clock';
import type * as z from 'zod/mini';

/** The calls of a kind of work to its host while it computes. */
export interface WorkPorts {
  readonly executor: Executor;
  /** Another device after this one was lost in the midst of the work. Throws PathfoldError when there is none. */
  reopen?(): Promise<Executor>;
  /** The bytes of a blob, checked against its hash. Throws PathfoldError `blob_unavailable`. */
  blob(ref: VersionRef): Promise<Uint8Array>;
  /** The state that the last accepted work of this run kept under this name; null when there is nothing. */
  kept(name: string): Promise<Uint8Array | null>;
  readonly clock: Clock;
  /** Milliseconds until the work must be cut short. */
  remainingMs(): number;
  /** Aborted when the work is to be cut short, between two steps. */
  readonly signal: AbortSignal;
  /** Share of the time to compute in, over 0 up to 1. */
  throttle(): number;
  /** Everything is fetched: computing begins. */
  onComputing(): void;
  onProgress(progress: WorkProgress): void;
}

export interface WorkProgress {
  readonly steps: number;
  readonly loss: number | null;
  readonly tokensPerSecond: number;
}

/** The work done, perhaps cut short. With `steps` 0 there is no contribution. */
export interface WorkResult {
  readonly payload: Uint8Array;
  readonly steps: number;
  readonly tokens: number;
  readonly computeMs: number;
  readonly loss: number | null;
  /** State for the next work of this name; it counts only once this contribution is accepted. */
  readonly keep: { readonly name: string; readonly bytes: Uint8Array } | null;
}

/** The volunteer's half of a kind of work. */
export interface WorkRun {
  readonly name: string;
  /** `body`: the task, read by the kind itself. Throws PathfoldError and `DeviceError`. */
  execute(body: unknown, ports: WorkPorts): Promise<WorkResult>;
}

export const NOTHING_DONE: WorkResult = {
  payload: new Uint8Array(0),
  steps: 0,
  tokens: 0,
  computeMs: 0,
  loss: null,
  keep: null,
};

/** The task of a lease. Throws PathfoldError `bad_message` naming the first field that does not fit. */
export function readTask<T>(schema: z.ZodMiniType<T>, body: unknown): T {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw new PathfoldError('bad_message', `Task: ${issue?.path.join('.') || 'body'}: ${issue?.message}`);
}
