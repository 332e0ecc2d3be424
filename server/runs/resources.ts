import { runModules } from '@pathfold/checkpoint/levels';
import { checkpointRounds } from '@pathfold/coordination/coordinator/checkpoints';
import { goesOn } from '@pathfold/coordination/coordinator/desk';
import { tooLarge } from '@pathfold/coordination/coordinator/room';
import type { CoordinatorState, RunRecord } from '@pathfold/coordination/coordinator/state';
import type { RoutingFacts, Summary, WorkPlan } from '@pathfold/coordination/work-plan';
import type {
  Evaluation,
  ModuleResource,
  PathResource,
  PathShard,
  RouterResource,
  RunResource,
  RunState,
} from '@pathfold/protocol/resources';
import { levelsOf, pathCountOf, RunSpec } from '@pathfold/protocol/run-spec';
import { KINDS } from '@pathfold/works/kinds';
import { megabytes } from '../megabytes.ts';
import type { Scores } from '../store/lists.ts';
import type { RunEntry } from './registry.ts';

/** Volunteers that work for a run now: they hold its lease, or wait and worked on a path of it last. */
export function volunteersOf(state: CoordinatorState, run: string): { id: string; path: string | null }[] {
  return Object.values(state.volunteers)
    .filter(({ connected, wantsWork, lease, paths }) => {
      if (!connected) return false;
      const held = lease === null ? null : state.leases[lease];
      return held ? held.run === run : wantsWork && paths[run] !== undefined;
    })
    .map(({ id, paths }) => ({ id, path: paths[run] ?? null }));
}

/** Progress of a run by all its kinds of work. */
export function summaryOf(kinds: readonly WorkPlan<unknown>[], record: RunRecord | undefined): Summary {
  const summary: Summary = {};
  for (const kind of kinds)
    if (record?.kinds.includes(kind.name))
      Object.assign(summary, kind.pages?.summary(record.works[kind.name], record.facts));
  return summary;
}

/** A notice that no volunteer who lends now has the memory for work of this run. Null otherwise. */
export function noticeOf(
  kinds: readonly WorkPlan<unknown>[],
  record: RunRecord | undefined,
  state: CoordinatorState,
  now: number,
): string | null {
  if (!record) return null;
  const byName = new Map(kinds.map((kind) => [kind.name, kind]));
  const going = record.kinds.filter((kind) => goesOn({ kinds: byName }, record, kind)).map((kind) => byName.get(kind)!);
  const found = tooLarge(state, record, going, now);
  if (!found) return null;
  const { kind, bytes, most, lending } = found;
  const doing = KINDS.find(({ name }) => name === kind)?.words.doing ?? kind;
  const who =
    lending === 1 ? 'the one volunteer who lends has' : `none of the ${lending} volunteers who lend has more than`;
  return `${doing} waits for a larger machine: it takes ${megabytes(bytes)} of memory, and ${who} ${megabytes(most)}.`;
}

export const stateOf = (entry: RunEntry, record: RunRecord | undefined): RunState => {
  if (record) return record.state;
  return entry.preparation === 'failed' ? 'failed' : 'preparing';
};

export interface RunView {
  readonly entry: RunEntry;
  readonly record: RunRecord | undefined;
  readonly summary: Summary;
  /** See `noticeOf`. */
  readonly notice: string | null;
  /** Why it still waits for a fold though it is finished. */
  readonly failure: string | null;
  readonly scores: Scores;
  readonly volunteerCount: number;
}

export function runResource({ entry, record, summary, notice, failure, scores, volunteerCount }: RunView): RunResource {
  // A log of an older version lacks what came since: it has its default.
  const spec = record ? RunSpec.parse(record.facts.spec) : entry.spec;
  const modules = record ? Object.values(record.facts.modules) : [];
  const shapes = record ? [] : runModules(spec.model, levelsOf(spec), spec.embedding);
  const { scored, trainLoss } = scores;
  const evaluation = evaluationOf(summary);
  return {
    id: entry.id,
    name: spec.name,
    state: stateOf(entry, record),
    mode: spec.mode,
    round: modules.length === 0 ? (summary.round ?? 0) : Math.min(...modules.map((module) => module.version)),
    keptRounds: record ? checkpointRounds(record) : [],
    rollbacks: record?.facts.rollbacks ?? 0,
    scoredRound: scored?.round ?? null,
    scoreConfirmed: scored && evaluation?.round === scored.round ? evaluation.confirmed : null,
    pathCount: pathCountOf(levelsOf(spec)),
    moduleCount: record ? modules.length : shapes.length,
    parameterCount: [...modules, ...shapes].reduce((sum, { parameterCount }) => sum + parameterCount, 0),
    volunteerCount,
    trainLoss,
    validLoss: scored?.validLoss ?? null,
    validBitsPerByte: scored?.validBitsPerByte ?? null,
    baselines: entry.baselines,
    perplexity: scored?.perplexity ?? null,
    tokens: summary.tokens ?? 0,
    steps: summary.steps ?? 0,
    createdAt: entry.createdAt,
    reason: record ? (failure ?? record.reason ?? notice ?? summary.notice ?? null) : entry.reason,
    corpus: entry.corpus,
    spec,
    baseRun: entry.baseRun,
    ...(entry.study ? { study: entry.study.name } : {}),
  };
}

/** Figures of the last evaluation; null before. */
export const evaluationOf = (summary: Summary): Evaluation | null => (summary.evaluation ?? null) as Evaluation | null;

/** Volunteers that compute on the state of a path of a run now, by path. */
function trainersOf(state: CoordinatorState, run: string): Map<string, string[]> {
  const trainers = new Map<string, string[]>();
  for (const { run: of, task, volunteer, contribution } of Object.values(state.leases))
    if (of === run && task.path !== null && contribution === null)
      trainers.set(task.path, [...(trainers.get(task.path) ?? []), volunteer]);
  return trainers;
}

export function pathResources(state: CoordinatorState, record: RunRecord, summary: Summary): PathResource[] {
  const volunteers = volunteersOf(state, record.facts.id);
  const trainers = trainersOf(state, record.facts.id);
  const evaluation = evaluationOf(summary);
  return Object.entries(record.facts.paths).map(([id, { modules, shard, shardTokens, bestVersion }]) => ({
    id,
    modules: [...modules],
    round: Math.min(...modules.map((name) => record.facts.modules[name]!.version)),
    steps: summary.paths?.[id]?.steps ?? 0,
    stale: summary.paths?.[id]?.stale ?? false,
    shard,
    shardTokens,
    bitsPerByte: evaluation?.paths[id]?.bitsPerByte ?? null,
    volunteers: volunteers.filter(({ path }) => path === id).map((volunteer) => volunteer.id),
    trainers: trainers.get(id) ?? [],
    kept: bestVersion ?? null,
  }));
}

export const moduleResources = ({ facts }: RunRecord, createdAt: string, now: number): ModuleResource[] =>
  Object.entries(facts.modules).map(([name, { version, parameterCount, blob, steppedAt }]) => ({
    name,
    version,
    parameterCount,
    blob,
    updatedAt: steppedAt === undefined ? createdAt : new Date(steppedAt).toISOString(),
    sinceStepMs: steppedAt === undefined ? null : Math.max(0, now - steppedAt),
  }));

/** A sample ends after so many tokens, perhaps within a character. */
const withoutCutCharacter = (sample: string): string => sample.replace(/\uFFFD+$/, '');

/** The paths of a run's routing, of which `shards` are told. Of a discriminative one the first router is of clusters. */
export const routerResources = (
  { version, fitted = version, counts, confirmed = false }: RoutingFacts,
  wanted: RouterResource['kind'],
  shards: readonly PathShard[],
): RouterResource[] =>
  shards.map((shard, index) => ({
    ...shard,
    samples: shard.samples.map(withoutCutCharacter),
    version,
    kind: wanted === 'discriminative' && fitted === 1 ? 'kmeans' : wanted,
    grown: fitted !== version,
    confirmed,
    splits: { train: counts.train[index]!, router: counts.router[index]!, test: counts.test[index]! },
  }));
