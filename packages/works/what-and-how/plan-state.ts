import type { Fold, Json } from '@pathfold/coordination/work-plan';
import type { BlobRef } from '@pathfold/protocol/blob';
import { leastMissed } from '@pathfold/protocol/thin-chart';
import type { StagedState } from '../stages/plan-staged.ts';
import type { AverageInput, WhatAndHowConfig, WhatAndHowTask } from './task.ts';

type Point = [number, number];

/** One segment of a stream. */
export interface Segment {
  cursor: number;
  /** The newest contributions, in order: each holds the state after it. The last is where the stream goes on. */
  readonly stretches: { readonly to: number; readonly loss: number; readonly blob: BlobRef; readonly lease: string }[];
  /** Those before, whose blobs nobody asks for any more; absent before the first. `means`: [batch, loss] of some of them. */
  past?: { count: number; readonly means: Point[] };
  /** Figures of the newest part (exact-seen.ts). */
  seen: Readonly<Record<string, number>> | null;
}

/** One arm with one seed: strictly serial, or P segments whose weights are averaged after each part. */
export interface Stream {
  readonly arm: number;
  readonly seed: number;
  readonly segments: Segment[];
  /** Weights to go on from instead of each segment's own. */
  shared: BlobRef | null;
  averages: number;
  lost: number;
}

/** The next part of a segment. */
export type Part = Pick<WhatAndHowTask, 'segment' | 'from' | 'to' | 'start' | 'shared'>;
export type WhatAndHowState = StagedState<Stream, Part>;

/** Contributions that are kept of a segment: as many as the study's longest has, for it reads them all at its end. */
export const MOST_PARTS = 32;
const MOST_MEANS = 256;

/** Contributions of a segment so far. */
export const countOf = ({ past, stretches }: Segment): number => (past?.count ?? 0) + stretches.length;

export const newStream = (arm: number, seed: number, streams: number): Stream => ({
  ...{ arm, seed, shared: null, averages: 0, lost: 0 },
  segments: Array.from({ length: streams }, () => ({ cursor: 0, stretches: [], seen: null })),
});

export const lengthOf = (config: WhatAndHowConfig, { arm }: Stream): number =>
  Math.ceil(config.batches / config.arms[arm]!.streams);

/** The next part of each segment; null at the end of the stream. */
export function nextParts(config: WhatAndHowConfig, stream: Stream): Part[] | null {
  const { segments, shared } = stream;
  const [{ cursor: from }] = segments as [Segment];
  const length = lengthOf(config, stream);
  if (from >= length) return null;
  const to = Math.min(length, from + (segments.length > 1 ? config.averageEvery : config.stretch));
  return segments.map(({ stretches }, segment) => ({
    segment,
    from,
    to,
    start: stretches.at(-1)?.blob ?? null,
    shared,
  }));
}

export function bodyOf({ arms, stream }: WhatAndHowConfig, { arm }: Stream, part: Part, seed: number): WhatAndHowTask {
  const { name: _, streams: __, ...learner } = arms[arm]!;
  return { learner, stream, seed, ...part };
}

/** One more contribution; of the oldest only its mean loss stays. */
export function keepPart(segment: Segment, part: Segment['stretches'][number]): void {
  segment.cursor = part.to;
  segment.stretches.push(part);
  if (segment.stretches.length <= MOST_PARTS) return;
  const { to, loss } = segment.stretches.shift()!;
  segment.past ??= { count: 0, means: [] };
  segment.past.count++;
  const { means } = segment.past;
  means.push([to, loss]);
  if (means.length > MOST_MEANS) means.splice(leastMissed(means.map(([at]) => at)), 1);
}

/** Segments wait for each other at every average. */
export const isDue = ({ segments, averages }: Stream): boolean =>
  segments.length > 1 && segments.every((segment) => countOf(segment) > averages);

export function averageOf(config: WhatAndHowConfig, stream: Stream, index: number, seed: number): Fold {
  const last = stream.segments.map(({ stretches }) => stretches.at(-1)!);
  const bodies = stream.segments.map(({ stretches, cursor: to }, segment) => {
    const [from, start] = [stretches.at(-2)?.to ?? 0, stretches.at(-2)?.blob ?? null];
    return bodyOf(config, stream, { segment, from, to, start, shared: null }, seed);
  });
  const input: AverageInput & { what: 'average' } = {
    what: 'average',
    bodies,
    contributions: last.map(({ blob }) => blob.sha256),
  };
  return {
    key: `average ${index} ${stream.averages}`,
    input: input as unknown as Json,
    contributions: last.map(({ lease }) => lease),
  };
}
