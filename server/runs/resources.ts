import type { CoordinatorState, RunRecord } from '@pathfold/coordination/coordinator/state';
import type { Summary, WorkPlan } from '@pathfold/coordination/work-plan';
import { moduleTensors } from '@pathfold/nets/llama-modules';
import type { HistoryPoint, ModuleResource, PathResource, RunResource, RunState } from '@pathfold/protocol/resources';
import { levelsOf, pathCountOf } from '@pathfold/protocol/run-spec';
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

/** What all kinds of work of a run tell about its progress. */
export function summaryOf(kinds: readonly WorkPlan<unknown>[], record: RunRecord | undefined): Summary {
  const summary: Summary = {};
  for (const kind of kinds)
    if (record?.kinds.includes(kind.name)) Object.assign(summary, kind.summary(record.works[kind.name], record.facts));
  return summary;
}

const stateOf = (entry: RunEntry, record: RunRecord | undefined): RunState => {
  if (record) return record.state;
  return entry.preparation === 'failed' ? 'failed' : 'preparing';
};

export interface RunView {
  readonly entry: RunEntry;
  readonly record: RunRecord | undefined;
  readonly summary: Summary;
  readonly history: readonly HistoryPoint[];
  readonly volunteerCount: number;
}

export function runResource({ entry, record, summary, history, volunteerCount }: RunView): RunResource {
  const { spec } = entry;
  const modules = record ? Object.values(record.facts.modules) : [];
  const shapes = record ? [] : moduleTensors(spec.model, levelsOf(spec), spec.embedding);
  const scored = history.findLast((point) => point.validBitsPerByte !== null);
  return {
    id: entry.id,
    name: spec.name,
    state: stateOf(entry, record),
    mode: spec.mode,
    round: modules.length === 0 ? 0 : Math.min(...modules.map((module) => module.version)),
    scoredRound: scored?.round ?? null,
    pathCount: pathCountOf(levelsOf(spec)),
    moduleCount: record ? modules.length : shapes.length,
    parameterCount: [...modules, ...shapes].reduce((sum, { parameterCount }) => sum + parameterCount, 0),
    volunteerCount,
    trainLoss: history.findLast((point) => point.trainLoss !== null)?.trainLoss ?? null,
    validLoss: scored?.validLoss ?? null,
    validBitsPerByte: scored?.validBitsPerByte ?? null,
    baselines: entry.baselines,
    perplexity: scored?.perplexity ?? null,
    tokens: summary.tokens ?? 0,
    steps: summary.steps ?? 0,
    createdAt: entry.createdAt,
    reason: record ? record.reason : entry.reason,
    corpus: entry.corpus,
    spec,
    baseRun: entry.baseRun,
  };
}

export function pathResources(state: CoordinatorState, record: RunRecord, summary: Summary): PathResource[] {
  const volunteers = volunteersOf(state, record.facts.id);
  return Object.entries(record.facts.paths).map(([id, { modules, shard, shardTokens }]) => ({
    id,
    modules: [...modules],
    round: Math.min(...modules.map((name) => record.facts.modules[name]!.version)),
    steps: summary.paths?.[id]?.steps ?? 0,
    stale: summary.paths?.[id]?.stale ?? false,
    shard,
    shardTokens,
    volunteers: volunteers.filter(({ path }) => path === id).map((volunteer) => volunteer.id),
  }));
}

export const moduleResources = (record: RunRecord, updatedAt: (module: string) => string): ModuleResource[] =>
  Object.entries(record.facts.modules).map(([name, { version, parameterCount, blob }]) => ({
    name,
    version,
    parameterCount,
    blob,
    updatedAt: updatedAt(name),
  }));
