import type { RunFacts } from '@pathfold/coordination/work-plan';
import type { ModuleRef } from '@pathfold/protocol/blob';

/** Whether a path was stopped early: nobody trains it any more. */
export const isStopped = (run: RunFacts, path: string): boolean => run.paths[path]!.kept?.stopped ?? false;

/** The modules of a path in order, at the versions that answer: the newest, or the best of a path that was stopped early. */
export function moduleRefs(run: RunFacts, path: string): ModuleRef[] {
  const { modules, kept } = run.paths[path]!;
  if (kept?.stopped) return [...kept.modules];
  return modules.map((name) => {
    const { version, blob } = run.modules[name]!;
    return { name, version, ...blob };
  });
}

/** The lowest module version of a run; of what is still trained, while anything is. */
export function roundOf(run: RunFacts): number {
  const trained = run.spec.earlyStopping === null ? [] : Object.keys(run.paths).filter((path) => !isStopped(run, path));
  const names = trained.length === 0 ? Object.keys(run.modules) : trained.flatMap((path) => run.paths[path]!.modules);
  return names.reduce((least, name) => Math.min(least, run.modules[name]!.version), Number.POSITIVE_INFINITY);
}
