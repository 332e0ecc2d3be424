import type { ComputeChoice } from '@pathfold/coordination/volunteer/state';
import type { VersionRef } from '@pathfold/protocol/blob';
import type { ErrorCode } from '@pathfold/protocol/errors';
import type { ExecutorInfo } from '@pathfold/protocol/report';
import type { WorkResult } from '@pathfold/works/work-run';
import type { Job } from '../ports.ts';
import type { StartedWorker } from '../threads/port.ts';

/** Messages of the volunteer to its compute worker. `call` names one question, so that its answer finds it. */
export type ToCompute =
  | { readonly type: 'probe'; readonly call: number; readonly choice: ComputeChoice }
  | { readonly type: 'execute'; readonly call: number; readonly job: Job }
  | { readonly type: 'cut'; readonly call: number }
  | { readonly type: 'throttle'; readonly throttle: number }
  | { readonly type: 'answer'; readonly question: number; readonly bytes: Uint8Array | null }
  | { readonly type: 'refuse'; readonly question: number; readonly code: ErrorCode; readonly detail: string };

/** Messages of the compute worker. */
export type FromCompute =
  /** The finding of a probe, or the result of a job. */
  | { readonly type: 'done'; readonly call: number; readonly value: ExecutorInfo | WorkResult }
  | { readonly type: 'failed'; readonly call: number; readonly code: ErrorCode; readonly detail: string }
  | { readonly type: 'ask-blob'; readonly question: number; readonly call: number; readonly ref: VersionRef }
  | { readonly type: 'ask-kept'; readonly question: number; readonly call: number; readonly name: string }
  | { readonly type: 'computing'; readonly call: number }
  /** The device was lost in the midst of the work, which goes on on this one. */
  | { readonly type: 'reopened'; readonly call: number; readonly executor: ExecutorInfo }
  | {
      readonly type: 'progress';
      readonly call: number;
      readonly progress: { readonly steps: number; readonly loss: number | null; readonly tokensPerSecond: number };
    };

/** A started worker, seen from the volunteer. */
export type ComputeWorker = StartedWorker<ToCompute, FromCompute>;
