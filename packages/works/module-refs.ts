import type { RunFacts } from '@pathfold/coordination/work-plan';
import type { ModuleRef } from '@pathfold/protocol/blob';

/** The modules of a path in order, at their newest versions. */
export const moduleRefs = (run: RunFacts, path: string): ModuleRef[] =>
  run.paths[path]!.modules.map((name) => {
    const { version, blob } = run.modules[name]!;
    return { name, version, ...blob };
  });
