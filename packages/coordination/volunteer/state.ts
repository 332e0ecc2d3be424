import type { LeaseMessage } from '@pathfold/protocol/down';
import type { ErrorCode } from '@pathfold/protocol/errors';
import type { ExecutorInfo, Report } from '@pathfold/protocol/report';

/** The last wish of the person at this machine. */
export type Wish = 'stopped' | 'running' | 'paused' | 'finishing';

export type ComputeChoice = 'automatic' | 'gpu' | 'cpu';

/** The connection to the coordinator. Times are milliseconds of the host's clock. */
export interface Link {
  phase: 'closed' | 'opening' | 'open';
  /** Attempts that failed since the last welcome. */
  failures: number;
  /** When `closed`: not before this time again. */
  retryAt: number;
  heardAt: number;
  beatAt: number;
  heartbeatMs: number;
  silenceMs: number;
  /** `ready` was said, and neither a lease nor `away` came after it. */
  asked: boolean;
}

export type Device =
  | { phase: 'unknown'; retryAt: number; failure: ErrorCode | null }
  | { phase: 'probing'; choice: ComputeChoice }
  | { phase: 'ready'; executor: ExecutorInfo; memoryBytes: number };

/** The lease in hand until the compute side has let go of it. */
export interface Work {
  readonly lease: LeaseMessage;
  readonly grantedAt: number;
  phase: 'granted' | 'fetching' | 'computing';
  steps: number;
  loss: number | null;
  tokensPerSecond: number;
  /** The coordinator ended the lease: whatever comes of it is of no use. */
  lost: boolean;
  /** Told to stop between two steps: `keep` hands in what was done, else it is thrown away. */
  cut: { readonly at: number; readonly keep: boolean; killed: boolean } | null;
}

/** A finished contribution whose bytes the host keeps until the coordinator has them. */
export interface Upload {
  readonly lease: string;
  readonly run: string;
  readonly kind: string;
  readonly token: string;
  readonly sha256: string;
  readonly bytes: number;
  readonly report: Report;
}

export interface PendingUpload {
  readonly upload: Upload;
  failures: number;
  retryAt: number;
  active: boolean;
  /** The coordinator ended the lease: the bytes are of no use any more. */
  dropped: boolean;
}

/** The outcome of a contribution of this volunteer. */
export interface Outcome {
  readonly lease: string;
  state: 'received' | 'checked' | 'folded' | 'rejected';
  code: string | null;
  detail: string;
  readonly at: number;
}

export interface VolunteerState {
  wish: Wish;
  /** When the person asked to finish. */
  finishAskedAt: number;
  /** An answer to a prompt is in hand. */
  answering: boolean;
  choice: ComputeChoice;
  /** Fraction of the time spent computing, (0, 1]. */
  throttle: number;
  /** The run that the person would rather lend to; null for none. */
  prefers: string | null;
  /** Why this volunteer may not take part until the person starts it anew. */
  refusal: { readonly code: string; readonly detail: string } | null;
  link: Link;
  /** Bytes a second that the machine's own line carries, as measured last; null before. */
  readonly line: { upBytesPerSecond: number | null; downBytesPerSecond: number | null };
  /** Resume token and own id, once welcomed. */
  resume: string | null;
  volunteer: string | null;
  device: Device;
  work: Work | null;
  uploads: PendingUpload[];
  /** Leases that came or were taken away, latest first, at most 50: what comes of one again is not heeded. */
  known: string[];
  /** The coordinator's verdicts on contributions, for the state that their work left behind. */
  verdicts: { readonly lease: string; readonly accepted: boolean }[];
  /** Leases to give back. */
  returns: { readonly lease: string; readonly code: string; readonly detail: string }[];
  /** Why the coordinator has no work just now. */
  idle: { readonly code: string; readonly detail: string } | null;
  /** Consecutive leases given back for a fault of this machine, and when to ask again. */
  faults: number;
  askAt: number;
  /** The whole credit in tokens of accepted work, as the coordinator says. */
  credit: number;
  /** Latest first, at most 50. */
  outcomes: Outcome[];
}

export const initialState = (): VolunteerState => ({
  wish: 'stopped',
  finishAskedAt: 0,
  answering: false,
  choice: 'automatic',
  throttle: 1,
  prefers: null,
  refusal: null,
  link: {
    phase: 'closed',
    failures: 0,
    retryAt: 0,
    heardAt: 0,
    beatAt: 0,
    heartbeatMs: 10_000,
    silenceMs: 30_000,
    asked: false,
  },
  line: { upBytesPerSecond: null, downBytesPerSecond: null },
  resume: null,
  volunteer: null,
  device: { phase: 'unknown', retryAt: 0, failure: null },
  work: null,
  uploads: [],
  known: [],
  verdicts: [],
  returns: [],
  idle: null,
  faults: 0,
  askAt: 0,
  credit: 0,
  outcomes: [],
});
