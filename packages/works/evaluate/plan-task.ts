import type { Json, ModelRun, Task, VolunteerFacts } from '@pathfold/coordination/work-plan';
import { levelsOf } from '@pathfold/protocol/run-spec';
import { forwardFlops } from '../flops.ts';
import { pathParameters } from '../footprint.ts';
import { answeringRefs } from '../module-refs.ts';
import type { Done } from '../queue/comparisons.ts';
import { timeOf } from '../scoring.ts';
import type { Campaign, EvaluateState } from './plan-campaign.ts';
import type { EvaluateFoldInput, EvaluateTask, KeepInput } from './task.ts';

/** Length of the chunks in which paths are compared when re-routing is measured. */
const CHUNK_TOKENS = 32;

/** The inputs of an evaluation. */
export function evaluationOf(run: ModelRun, campaign: Campaign, came: readonly Done[]): EvaluateFoldInput {
  const { round, paths, assignment, whole } = campaign;
  return {
    ...{ round, paths: [...paths], assignment, domains: run.documents.domains },
    chunkTokens: whole ? CHUNK_TOKENS : null,
    contributions: came.map(({ name, sha256 }) => ({ path: name, sha256 })),
  };
}

/** The scores that tell which version of each path is its best. */
export function keepInputOf({ spec, routing, paths }: ModelRun, { parts }: Campaign, came: readonly Done[]): KeepInput {
  return {
    patience: spec.earlyStopping!.patience,
    routing: routing?.version ?? 0,
    kept: Object.fromEntries(
      Object.entries(paths).flatMap(([id, { bestVersion }]) => (bestVersion ? [[id, bestVersion]] : [])),
    ),
    contributions: came.map(({ name, sha256, confirmed }) => ({
      ...{ path: name, sha256, confirmed },
      modules: [...parts[name]!.what.modules!],
    })),
  };
}

export const tokensIn = (run: ModelRun, split: Campaign['split']): number => run.documents[split].bytes / 2;

/** The scoring of one path. */
export function taskOf(
  state: EvaluateState,
  run: ModelRun,
  { round, done = round, split, whole, asked, assignment, paths, parts }: Campaign,
  path: string,
  volunteer: VolunteerFacts,
): Task {
  const { spec, documents, routing } = run;
  const index = paths.indexOf(path);
  const body: EvaluateTask = {
    path,
    round,
    model: spec.model,
    levels: levelsOf(spec),
    embedding: spec.embedding,
    modules: [...(parts[path]!.what.modules ?? answeringRefs(run, path))],
    documents: documents[split],
    tokenizer: run.tokenizer,
    prefixBytes: spec.routing.prefixBytes,
    assigned: assignment && !whole ? { assignment, split, path: index } : null,
    chunkTokens: whole ? CHUNK_TOKENS : null,
  };
  const share = assignment && !whole && routing ? routing.counts[split][index]! / sum(routing.counts[split]) : 1;
  const tokens = 2 * tokensIn(run, split);
  const last = split === 'test' ? state.lastRound : state.stoppingRound;
  const overdue = asked || done - last > spec.evaluateEvery || state.campaign !== null;
  return {
    key: `path ${path} round ${round}${split === 'test' ? '' : ' router documents'}`,
    body: body as Json,
    steps: tokensIn(run, split),
    tokens,
    flops: tokens * forwardFlops(spec.model, pathParameters(run)),
    ...timeOf(run, share * tokens, volunteer.tokensPerSecond),
    priority: overdue ? 1 : -1,
    maxPayloadBytes: 65_536 + 64 * tokensIn(run, split),
    path: null,
  };
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
