import type { Json, ModelRun, Task, VolunteerFacts } from '@pathfold/coordination/work-plan';
import { levelsOf } from '@pathfold/protocol/run-spec';
import { forwardFlops } from '../flops.ts';
import { pathParameters } from '../footprint.ts';
import { moduleRefs } from '../module-refs.ts';
import { timeOf, type Versions } from '../scoring.ts';
import type { FeaturesTask, LossesTask, RouteTask } from './task.ts';

/** Part number `part` of so many of a split's documents; or the losses of a path, by the versions of one scoring. */
export type Part = Pick<FeaturesTask, 'split' | 'part' | 'parts'> | Versions;

export const isFeatures = (what: Part): what is Exclude<Part, Versions> => 'split' in what;

/** A lease over at most so many tokens. */
function taskOf(run: ModelRun, body: RouteTask, part: string, tokens: number, volunteer: VolunteerFacts): Task {
  return {
    key: `${body.type} ${part}`,
    body: body as Json,
    steps: tokens,
    tokens,
    flops: tokens * forwardFlops(run.spec.model, pathParameters(run)),
    ...timeOf(run, tokens, volunteer.tokensPerSecond),
    priority: 1,
    maxPayloadBytes: 65_536 + 64 * tokens,
    path: null,
  };
}

export function featuresTask(
  run: ModelRun,
  name: string,
  { split, part, parts }: Exclude<Part, Versions>,
  volunteer: VolunteerFacts,
): Task {
  const { model, routing } = run.spec;
  const body: FeaturesTask = {
    type: 'features',
    split,
    part,
    parts,
    model,
    modules: [...run.base!],
    documents: run.documents[split],
    tokenizer: run.tokenizer,
    prefixBytes: routing.prefixBytes,
  };
  const tokens = Math.ceil(run.documents[split].bytes / 2 / parts);
  const payload = 4 * model.width * tokens;
  return { ...taskOf(run, body, name, tokens, volunteer), maxPayloadBytes: payload };
}

/** The losses of one path on the router documents. */
export function lossesTask(run: ModelRun, path: string, versions: Versions, volunteer: VolunteerFacts): Task {
  const { spec, documents } = run;
  const body: LossesTask = {
    type: 'losses',
    path,
    resharding: run.routing!.version,
    model: spec.model,
    levels: levelsOf(spec),
    embedding: spec.embedding,
    modules: [...(versions.modules ?? moduleRefs(run, path))],
    documents: documents.router,
    tokenizer: run.tokenizer,
    prefixBytes: spec.routing.prefixBytes,
  };
  return taskOf(run, body, path, documents.router.bytes, volunteer);
}
