import type { WorkPlan } from '@pathfold/coordination/work-plan';
import { PathfoldError } from '@pathfold/protocol/errors';
import type { HistoryPoint, ModuleResource, PathResource, RunResource } from '@pathfold/protocol/resources';
import type { Host } from '../host.ts';
import type { Lists } from '../store/lists.ts';
import type { RunEntry, RunRegistry } from './registry.ts';
import { moduleResources, pathResources, runResource, summaryOf, volunteersOf } from './resources.ts';

export interface ViewDeps {
  readonly host: Host;
  readonly registry: RunRegistry;
  readonly lists: Lists;
  readonly kinds: readonly WorkPlan<unknown>[];
}

/** Runs as people see them: joined from the registry, the mind and the lists. */
export function createViews({ host, registry, lists, kinds }: ViewDeps) {
  /** When a module was last stepped, as far as this process saw it. */
  const steppedAt = new Map<string, string>();

  const made = (entry: RunEntry) => {
    const record = host.state.runs[entry.id];
    if (!record) throw new PathfoldError('wrong_state', 'The run is not prepared.');
    return record;
  };
  const resource = (entry: RunEntry, history: readonly HistoryPoint[]): RunResource => {
    const record = host.state.runs[entry.id];
    const volunteerCount = volunteersOf(host.state, entry.id).length;
    return runResource({ entry, record, history, volunteerCount, summary: summaryOf(kinds, record) });
  };

  return {
    resource,
    run: async (entry: RunEntry): Promise<RunResource> => resource(entry, await lists.history(entry.id)),
    paths(entry: RunEntry): PathResource[] {
      const record = made(entry);
      return pathResources(host.state, record, summaryOf(kinds, record));
    },
    modules: (entry: RunEntry): ModuleResource[] =>
      moduleResources(made(entry), (name) => steppedAt.get(`${entry.id}/${name}`) ?? entry.createdAt),
    noteStep: (run: string, module: string, at: number) =>
      void steppedAt.set(`${run}/${module}`, new Date(at).toISOString()),
    /** The run, if it may be read. A private one does not exist for anybody but operators. */
    entry(id: string, isOperator: boolean): RunEntry {
      const entry = registry.get(id);
      if (!entry || (entry.spec.visibility === 'private' && !isOperator))
        throw new PathfoldError('not_found', `There is no run ${id}.`);
      return entry;
    },
  };
}
export type Views = ReturnType<typeof createViews>;
