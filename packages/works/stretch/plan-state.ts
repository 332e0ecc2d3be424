import type { BlobRef } from '@pathfold/protocol/blob';
import type { Audits } from '../audit.ts';

/** One segment of a chain. */
export interface Segment {
  cursor: number;
  /** Contributions so far, in order: each holds the state after it. */
  readonly stretches: { readonly to: number; readonly loss: number; readonly blob: BlobRef; readonly lease: string }[];
  lease: string | null;
  /** Figures of the newest stretch (exact-seen.ts). */
  seen: Readonly<Record<string, number>> | null;
  /** Its answer is being computed again. */
  held: boolean;
}

/** One arm with one seed: strictly serial, or P segments whose weights are averaged after each stretch. */
export interface Chain {
  readonly arm: number;
  readonly seed: number;
  readonly segments: Segment[];
  shared: BlobRef | null;
  averaging: boolean;
  /** Averages taken. */
  round: number;
  lost: number;
}

/** State of the streams inside one run. */
export interface StretchState {
  readonly chains: Chain[];
  readonly leases: Record<string, Place>;
  readonly audits: Audits<Answer>;
}

export interface Place {
  readonly chain: number;
  readonly segment: number;
}

export interface Answer extends Place {
  readonly lease: string;
  readonly to: number;
  readonly blob: BlobRef;
  readonly loss: number;
  readonly seen: Readonly<Record<string, number>>;
}
