import type { BlobRef } from '@pathfold/protocol/blob';
import { leastMissed } from '@pathfold/protocol/thin-chart';
import type { Audits } from '../audit.ts';

type Point = [number, number];

/** One segment of a chain. */
export interface Segment {
  cursor: number;
  /** The newest contributions, in order: each holds the state after it. The last is where the stream goes on. */
  readonly stretches: { readonly to: number; readonly loss: number; readonly blob: BlobRef; readonly lease: string }[];
  /** Those before, whose blobs nobody asks for any more; absent before the first. `means`: [batch, loss] of some of them. */
  past?: { count: number; readonly means: Point[] };
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

/** Contributions that are kept of a segment: as many as the study's longest has, for it reads them all at its end. */
export const MOST_STRETCHES = 32;
const MOST_MEANS = 256;

/** Contributions of a segment so far. */
export const countOf = ({ past, stretches }: Segment): number => (past?.count ?? 0) + stretches.length;

/** Contribution number `place` of a segment, from 0; undefined before it came and after it was let go. */
export const stretchAt = (segment: Segment, place: number): Segment['stretches'][number] | undefined =>
  segment.stretches[place - (segment.past?.count ?? 0)];

/** One more contribution; of the oldest only its mean loss stays. */
export function keepStretch(segment: Segment, stretch: Segment['stretches'][number]): void {
  segment.stretches.push(stretch);
  if (segment.stretches.length <= MOST_STRETCHES) return;
  const { to, loss } = segment.stretches.shift()!;
  segment.past ??= { count: 0, means: [] };
  segment.past.count++;
  const { means } = segment.past;
  means.push([to, loss]);
  if (means.length > MOST_MEANS) means.splice(leastMissed(means.map(([at]) => at)), 1);
}
