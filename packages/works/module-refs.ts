import { answersBefore, hasEnded } from '@pathfold/coordination/run-round';
import type { RunFacts } from '@pathfold/coordination/work-plan';
import type { ModuleRef } from '@pathfold/protocol/blob';

type Refs = readonly ModuleRef[];

/** The newest version of each module of a path, in order: training starts from these. */
export const newestRefs = (run: RunFacts, path: string): ModuleRef[] =>
  run.paths[path]!.modules.map((name) => {
    const { version, blob } = run.modules[name]!;
    return { name, version, ...blob };
  });

function keptWhileTraining({ paths }: RunFacts, path: string): Refs | null {
  const { kept } = paths[path]!;
  return kept?.stopped ? kept.modules : answersBefore(paths[path]!);
}

/** The modules of a path while its run trains: the newest, or the best of a path that was stopped early. */
export const moduleRefs = (run: RunFacts, path: string): ModuleRef[] => [
  ...(keptWhileTraining(run, path) ?? newestRefs(run, path)),
];

/** What answers for a path where that is not the newest version, also at the end of its run; null where it is. */
export function keptAnswer(run: RunFacts, path: string): Refs | null {
  const { kept } = run.paths[path]!;
  return kept && kept.scoringsSince > 0 && hasEnded(run) ? kept.modules : keptWhileTraining(run, path);
}

/** The modules of a path as they answer prompts, are exported, and are told by evaluations. */
export const answeringRefs = (run: RunFacts, path: string): ModuleRef[] => [
  ...(keptAnswer(run, path) ?? newestRefs(run, path)),
];
