import { canGoBack, takeCheckpoint } from './checkpoints.ts';
import { type Handlers, noteSteps, tell } from './scene.ts';
import type { Checkpoint, RunRecord } from './state.ts';

/** The checkpoint takes the place of all that came after it; folds under way are forgotten. */
function goBack(run: RunRecord, { round, modules, bestVersions }: Checkpoint): void {
  const { facts, folds } = run;
  for (const [name, module] of Object.entries(modules)) facts.modules[name] = { ...module };
  for (const [id, path] of Object.entries(facts.paths)) {
    delete path.bestVersion;
    if (bestVersions[id]) path.bestVersion = bestVersions[id];
  }
  facts.rollbacks = (facts.rollbacks ?? 0) + 1;
  for (const id of Object.keys(folds)) delete folds[id];
  run.checkpoints = run.checkpoints!.filter((known) => known.round <= round);
  run.state = 'paused';
  run.reason = `Taken back to round ${round} by the operator. Resume the run to train from there.`;
  run.ending = false;
  delete run.failures;
}

export const checkpointHandlers: Handlers<'CheckpointTaken' | 'RollbackRequested' | 'RunRolledBack'> = {
  CheckpointTaken({ state, touched, kinds, at }, event) {
    const run = state.runs[event.run];
    if (!run) return;
    takeCheckpoint(run, event.round, at, kinds);
    touched.runs.add(event.run);
  },

  RollbackRequested({ state, touched }, event) {
    const run = state.runs[event.run];
    if (!run || run.deleted || !canGoBack(run)) return;
    if (!run.checkpoints?.some(({ round }) => round === event.round)) return;
    run.goesBackTo = event.round;
    touched.runs.add(event.run);
  },

  RunRolledBack(scene, event) {
    const run = scene.state.runs[event.run];
    const checkpoint = run?.checkpoints?.find(({ round }) => round === event.round);
    if (!run || !checkpoint) return;
    delete run.goesBackTo;
    goBack(run, checkpoint);
    for (const kind of run.kinds) {
      tell(scene, run, kind, { type: 'rolledBack', remembered: checkpoint.works[kind] ?? null });
      noteSteps(scene, run, kind);
    }
    scene.touched.runs.add(event.run);
  },
};
