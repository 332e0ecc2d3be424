import type { Json, RunFacts, Task, VolunteerFacts } from '@pathfold/coordination/work-plan';
import { levelsOf } from '@pathfold/protocol/run-spec';
import { DEADLINE_MARGIN } from '../../deadline.ts';
import { trainingFlops } from '../../flops.ts';
import { pathParameters } from '../../footprint.ts';
import { newestRefs } from '../../module-refs.ts';
import { mixed } from '../../queue/audits.ts';
import { type TrainState, versionOf } from '../state.ts';
import type { StepsReason, TrainTask } from '../task.ts';
import { wiringOf } from './coarseness.ts';

/** Slack for downloads and the upload beside three times the time that is expected. */
const TRAVEL_MS = 15_000;

/** A lease that a volunteer could get. */
export interface Chance {
  readonly id: string;
  readonly steps: number;
  readonly expectedMs: number;
  readonly restMs: number;
  readonly reason: StepsReason;
}

export const tokensPerStep = ({ spec }: RunFacts): number => spec.inner.batch * spec.model.context;

/** Milliseconds that a step takes a volunteer; of unknown speed, as if a whole lease just fitted into a round. */
export const stepMsOf = (run: RunFacts, tokensPerSecond: number): number =>
  tokensPerSecond > 0
    ? (1000 * tokensPerStep(run)) / tokensPerSecond
    : (DEADLINE_MARGIN * run.spec.roundDeadlineMs) / run.spec.inner.steps;

/** The task of a lease: from the newest version of each module of its path. */
export function taskOf(state: TrainState, run: RunFacts, volunteer: VolunteerFacts, chance: Chance): Task {
  const { id, steps, expectedMs, restMs, reason } = chance;
  const { spec } = run;
  const path = state.paths[id]!;
  const { codec, travelMs, reason: wireReason } = wiringOf(run, id, expectedMs, volunteer.line);
  const { modules, shard } = run.paths[id]!;
  const round = 1 + Math.max(...modules.map((name) => versionOf(run, name)));
  const body: TrainTask = {
    path: id,
    round,
    model: spec.model,
    levels: levelsOf(spec),
    embedding: spec.embedding,
    inner: spec.inner,
    modules: newestRefs(run, id),
    shard: shard!,
    steps,
    stepsReason: reason,
    globalStep: Math.floor(path.steps),
    totalSteps: spec.totalSteps,
    seed: mixed(0, `${spec.seed}/${id}/${path.grants}`),
    codec: codec.name,
    ...(codec.coarseness && { coarseness: codec.coarseness }),
    ...(wireReason && { wireReason }),
    ...(spec.exchange === 'gradients' && { exchange: spec.exchange }),
    ...(run.rollbacks && { rollbacks: run.rollbacks }),
  };
  return {
    key: `path ${id} round ${round}`,
    body: body as Json,
    steps,
    tokens: steps * tokensPerStep(run),
    flops: steps * tokensPerStep(run) * trainingFlops(spec.model, pathParameters(run), spec.inner.recompute === true),
    durationMs: Math.ceil(Math.min(restMs, 3 * (expectedMs + travelMs) + TRAVEL_MS)),
    expectedMs: Math.ceil(Math.min(restMs, expectedMs)),
    priority: 0,
    maxPayloadBytes: codec.mostBytes(modules.map((name) => ({ name, ...run.modules[name]! }))),
    path: id,
  };
}
