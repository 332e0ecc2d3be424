import { answersBefore, hasEnded } from '@pathfold/coordination/run-round';
import type { RunFacts } from '@pathfold/coordination/work-plan';
import type { ModuleRef } from '@pathfold/protocol/blob';

type Refs = readonly ModuleRef[];

/** The newest version of each module of a path, in order: training starts from these. */
export const newestRefs = (run: RunFacts, path: string): ModuleRef[] =>
  run.paths[path]!.modules.map((name) => {
    const { version, blob, lattice } = run.modules[name]!;
    const ways = lattice && { snapshot: lattice.snapshot, patches: lattice.patches };
    return { name, version, ...blob, ...(ways && { lattice: ways }) };
  });

function answersWhileTraining({ paths }: RunFacts, path: string): Refs | null {
  const { bestVersion } = paths[path]!;
  return bestVersion?.stopped ? bestVersion.modules : answersBefore(paths[path]!);
}

/** The modules of a path while its run trains: the newest, or the best of a path that was stopped early. */
export const moduleRefs = (run: RunFacts, path: string): ModuleRef[] => [
  ...(answersWhileTraining(run, path) ?? newestRefs(run, path)),
];

/** The version that answers for a path where that is not the newest, also at the end of its run; null where it is. */
export function keptAnswer(run: RunFacts, path: string): Refs | null {
  const { bestVersion } = run.paths[path]!;
  return bestVersion && bestVersion.scoringsSince > 0 && hasEnded(run)
    ? bestVersion.modules
    : answersWhileTraining(run, path);
}

/** The modules of a path as they answer prompts, are exported, and are told by evaluations. */
export const answeringRefs = (run: RunFacts, path: string): ModuleRef[] => [
  ...(keptAnswer(run, path) ?? newestRefs(run, path)),
];
