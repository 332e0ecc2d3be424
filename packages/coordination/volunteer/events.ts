import type { Down } from '@pathfold/protocol/down';
import type { ErrorCode } from '@pathfold/protocol/errors';
import type { ExecutorInfo } from '@pathfold/protocol/report';
import type { Up } from '@pathfold/protocol/up';
import type { ComputeChoice, Upload } from './state.ts';

/**
 * Events in a volunteer's mind, in the past tense. `at`: milliseconds of the host's clock.
 * `chance`: a number in [0, 1) drawn by the host, for the jitter of back-off.
 */
export type VolunteerEvent = { readonly at: number } & (
  | { readonly type: 'Started'; readonly choice: ComputeChoice }
  | { readonly type: 'Paused' | 'Resumed' | 'FinishAsked' | 'StopAsked' }
  /** Time has passed. */
  | { readonly type: 'Woke' }
  | { readonly type: 'Throttled'; readonly throttle: number }
  /** The run that the person would rather lend to; null for none. It counts from the next lease on. */
  | { readonly type: 'Preferred'; readonly run: string | null }
  /** Bytes went over the line in one direction. */
  | {
      readonly type: 'LineMeasured';
      readonly direction: 'up' | 'down';
      readonly bytes: number;
      readonly ms: number;
    }
  | { readonly type: 'ResumeRestored'; readonly resume: string }
  | { readonly type: 'SocketClosed'; readonly chance: number }
  | { readonly type: 'Heard'; readonly message: Down }
  | { readonly type: 'DeviceReady'; readonly executor: ExecutorInfo; readonly memoryBytes: number }
  | { readonly type: 'DeviceFailed'; readonly code: ErrorCode; readonly detail: string; readonly chance: number }
  /** Whether an answer to a prompt is in hand now. */
  | { readonly type: 'Answering'; readonly on: boolean }
  | { readonly type: 'WorkFetched'; readonly lease: string }
  | {
      readonly type: 'WorkProgressed';
      readonly lease: string;
      readonly steps: number;
      readonly loss: number | null;
      readonly tokensPerSecond: number;
    }
  /** `upload` is null when nothing was done, or when the result was not wanted any more. */
  | { readonly type: 'WorkEnded'; readonly lease: string; readonly upload: Upload | null }
  | {
      readonly type: 'WorkFailed';
      readonly lease: string;
      readonly code: ErrorCode;
      readonly detail: string;
      readonly chance: number;
    }
  | { readonly type: 'UploadsRestored'; readonly uploads: readonly Upload[] }
  | { readonly type: 'UploadEnded'; readonly lease: string }
  | { readonly type: 'UploadRefused'; readonly lease: string; readonly code: string; readonly detail: string }
  /** The network or the coordinator failed: it is tried again. */
  | { readonly type: 'UploadFailed'; readonly lease: string; readonly chance: number }
  | Decision
);

/** The mind's decisions: applied like any other event, then carried out by the host. */
export type Decision = { readonly at: number } & (
  | { readonly type: 'ConnectBegan' }
  | { readonly type: 'LinkCut' }
  | { readonly type: 'MessageSent'; readonly message: Up }
  | { readonly type: 'ProbeBegan'; readonly choice: ComputeChoice }
  /** Nobody waits for it any more: end its worker. */
  | { readonly type: 'ProbeKilled' }
  | { readonly type: 'WorkBegan'; readonly lease: string }
  /** Stop between two steps. */
  | { readonly type: 'WorkCut'; readonly lease: string; readonly keep: boolean }
  /** It did not stop in time: end its worker. */
  | { readonly type: 'WorkKilled'; readonly lease: string }
  | { readonly type: 'UploadBegan'; readonly lease: string }
  /** Break off; the bytes stay for the next visit. */
  | { readonly type: 'UploadCut'; readonly lease: string }
  /** Break off and forget the bytes. */
  | { readonly type: 'UploadDropped'; readonly lease: string }
  /** The state that the work of this lease left for the next one (AdamW's moments) counts from now on; said once. */
  | { readonly type: 'StateCommitted'; readonly lease: string }
  /** It never will, or no more. */
  | { readonly type: 'StateDropped'; readonly lease: string }
  | { readonly type: 'Stopped' }
);
