import type { ModuleRef } from '@pathfold/protocol/blob';
import type { PathFacts, RunFacts } from './work-plan.ts';

/** Whether a path was stopped early: nobody trains it any more. */
export const isStopped = (run: RunFacts, path: string): boolean => run.paths[path]!.bestVersion?.stopped ?? false;

/** Whether nothing of a run is trained any more: its training came to its end, or was stopped, and it was not taken back since. */
export const hasEnded = ({ endedAfter, rollbacks = 0 }: RunFacts): boolean => endedAfter === rollbacks;

/** The modules that still answer for a path whose documents were shared by growth: null once it has taken a step. */
export const answersBefore = ({ before, steps }: PathFacts): readonly ModuleRef[] | null =>
  before && (steps ?? before.steps) <= before.steps ? before.modules : null;

/** The lowest module version of a run; of what is still trained, while anything is. */
export const roundOf = (run: RunFacts): number => leastOf(run, (name) => run.modules[name]!.version);

/**
 * Rounds' worth of inner steps that a run has behind it: its round while every lease takes all its H steps and modules
 * step in rounds; less where leases are shortened, and where every arrival makes a version. As a round, it is that of the
 * module that is least far; a module is as far as the farthest path that crosses it.
 */
export function roundsDone(run: RunFacts): number {
  const farthest = new Map<string, number>();
  for (const { modules, steps } of Object.values(run.paths))
    if (steps !== undefined) for (const name of modules) farthest.set(name, Math.max(farthest.get(name) ?? 0, steps));
  return leastOf(run, (name) => {
    const { version } = run.modules[name]!;
    const steps = farthest.get(name);
    return steps === undefined ? version : Math.min(version, steps / run.spec.inner.steps);
  });
}

function leastOf(run: RunFacts, far: (module: string) => number): number {
  const trained = run.spec.earlyStopping === null ? [] : Object.keys(run.paths).filter((path) => !isStopped(run, path));
  const names = trained.length === 0 ? Object.keys(run.modules) : trained.flatMap((path) => run.paths[path]!.modules);
  return names.reduce((least, name) => Math.min(least, far(name)), Number.POSITIVE_INFINITY);
}

/** Ends the key of a fold that a run may begin again, with other contributions, after it was taken back. */
export const sinceRollback = ({ rollbacks }: RunFacts): string => (rollbacks ? ` after rollback ${rollbacks}` : '');
