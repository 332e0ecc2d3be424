import type { Json } from '@pathfold/coordination/work-plan';
import { SHAPE } from '@pathfold/works/what-and-how/exact-learner';
import { streamOf } from '@pathfold/works/what-and-how/exact-stream';
import { CONTEXT_EVERY, readPart as readStretch } from '@pathfold/works/what-and-how/exact-work';
import { whatAndHowFold as stretchFold } from '@pathfold/works/what-and-how/fold';
import { whatAndHowPlan as stretchPlan } from '@pathfold/works/what-and-how/plan';
import type { WhatAndHowState } from '@pathfold/works/what-and-how/plan-state';
import { whatAndHowRun as stretchRun } from '@pathfold/works/what-and-how/run';
import type { WhatAndHowConfig } from '@pathfold/works/what-and-how/task';
import type { LaboratoryKind } from '../laboratory/kind.ts';
import { playStudy } from '../laboratory/study-lab.ts';
import type { Result } from '../results.ts';
import { lossAfterSwitch, neighbourAccuracy, stepsToRemember, type Trace } from './trace.ts';

/** The names of this file's values are part of the keys of results (decision 0024): they stay. */
const stretch: LaboratoryKind = {
  plan: stretchPlan as LaboratoryKind['plan'],
  fold: stretchFold,
  runOf: () => stretchRun,
};

/** Batches after a switch that the plots show. */
const SHOWN = 40;

/** One arm with one seed, played on the network's minds in virtual time. */
export async function runArm(config: WhatAndHowConfig, seed: number): Promise<Result> {
  const { state, blobs } = await playStudy<WhatAndHowState>({
    kind: stretch,
    name: 'what-and-how',
    config: config as unknown as Json,
    seed,
  });
  const traces: Trace[] = [];
  for (const [segment, { stretches }] of state.chains[0]!.segments.entries()) {
    const batchAt = streamOf(config.stream, seed, segment);
    const losses: number[] = [];
    const contexts: Trace['contexts'][number][] = [];
    for (const { to, blob } of stretches) {
      const from = losses.length;
      const { losses: part, traced } = readStretch(
        { stream: config.stream, from, to },
        (await blobs.get(blob.sha256))!,
      );
      losses.push(...part);
      const first = Math.ceil((from + 1) / CONTEXT_EVERY) * CONTEXT_EVERY - 1;
      for (let at = first, offset = 0; at < to; at += CONTEXT_EVERY, offset += SHAPE.gateCount)
        contexts.push({ at, logits: traced.slice(offset, offset + SHAPE.gateCount) });
    }
    traces.push({ losses, contexts, seen: losses.map((_, at) => batchAt(at)) });
  }
  const isInferred = config.arms[0]!.method === 'context';
  const all = traces.flatMap(({ losses }) => losses);
  const [trace] = traces as [Trace];
  const half = Math.floor(trace.losses.length / 2);
  return {
    figures: {
      'batch 1': lossAfterSwitch(traces, 1),
      'batch 2': lossAfterSwitch(traces, 2),
      'batches 2-5': lossAfterSwitch(traces, 2, 5),
      'batch 20': lossAfterSwitch(traces, 20),
      remember: stepsToRemember(traces),
      mean: all.reduce((sum, loss) => sum + loss, 0) / all.length,
      ...(isInferred && {
        neighbours: neighbourAccuracy(traces, 'other visits'),
        'any neighbours': neighbourAccuracy(traces, 'all'),
      }),
    },
    curves: {
      after: Array.from({ length: SHOWN }, (_, i) => [i + 1, lossAfterSwitch(traces, i + 1)] as const),
      teeth: trace.losses.slice(half, half + 400).map((loss, i) => [half + i, loss] as const),
    },
  };
}
