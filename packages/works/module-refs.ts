import type { RunFacts } from '@pathfold/coordination/work-plan';
import type { ModuleRef } from '@pathfold/protocol/blob';

/** The modules of a path in order, at the versions that answer: the newest, or the best of a path that was stopped early. */
export function moduleRefs(run: RunFacts, path: string): ModuleRef[] {
  const { modules, kept } = run.paths[path]!;
  if (kept?.stopped) return [...kept.modules];
  return modules.map((name) => {
    const { version, blob } = run.modules[name]!;
    return { name, version, ...blob };
  });
}
