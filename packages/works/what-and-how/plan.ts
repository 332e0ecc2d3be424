import type { BlobRef } from '@pathfold/protocol/blob';
import { eachArm, type Script } from '../stages/plan-script.ts';
import { stagedPlan } from '../stages/plan-staged.ts';
import { chartsOf } from './plan-charts.ts';
import {
  averageOf,
  bodyOf,
  countOf,
  isDue,
  keepPart,
  lengthOf,
  newStream,
  nextParts,
  type Part,
  type Stream,
} from './plan-state.ts';
import { amountOf, WhatAndHowConfig } from './task.ts';

/**
 * The method What & How on a stream: a stage is the next part of each segment, from a cursor, with the state that the last one
 * left. A lost lease is given out again from the same cursor, and gives the same bits.
 */
const script: Script<WhatAndHowConfig, Stream, Part> = {
  name: 'stretch',
  study: 'what-and-how',
  Config: WhatAndHowConfig,
  amountOf,
  flopsPerSecond: 1e9,
  chains: (config) => eachArm(config, (arm, seed) => newStream(arm, seed, config.arms[arm]!.streams)),
  stage: nextParts,
  keyOf: ({ arms }, { arm, seed }, { segment, from }) => `${arms[arm]!.name} ${seed} segment ${segment} from ${from}`,
  bodyOf,
  take(_config, stream, { what: { segment, to } }, { lease, sha256, bytes, figures: { loss = 0, ...seen } }) {
    const facts = stream.segments[segment]!;
    if (Object.keys(seen).length > 0) facts.seen = seen;
    keepPart(facts, { to, loss, blob: { sha256, bytes }, lease });
    return [];
  },
  lost(stream) {
    stream.lost++;
  },
  isDue,
  combine: averageOf,
  combined(stream, result) {
    stream.averages++;
    stream.shared = result as unknown as BlobRef;
  },
  progress: (config, stream) => Math.min(...stream.segments.map(({ cursor }) => cursor)) / lengthOf(config, stream),
  round: (chains) => Math.min(...chains.flatMap(({ segments }) => segments.map(countOf))),
  charts: chartsOf,
};

export const whatAndHowPlan = stagedPlan(script);
