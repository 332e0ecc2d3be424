import type { Json } from '@pathfold/coordination/work-plan';
import { AT_REST, type Lost, type Norm, type TrainState } from '../state.ts';

/** How far a path had come. */
interface Progress {
  readonly steps: number;
  readonly rounds: number;
  readonly stale: boolean;
  readonly lost: Lost | null;
}

/** The state that a rollback brings back: progress, and the norms that new contributions are compared with. */
export interface Remembered {
  readonly paths: Readonly<Record<string, Progress>>;
  readonly norms: readonly Norm[];
  readonly tokens: number;
}

export function remember({ paths, norms, tokens }: TrainState): Json {
  const progress = Object.entries(paths).map(([id, { steps, rounds, stale, lost = null }]): [string, Progress] => [
    id,
    { steps, rounds, stale, lost },
  ]);
  const remembered: Remembered = { paths: Object.fromEntries(progress), norms: [...norms], tokens };
  return remembered as unknown as Json;
}

/** Nothing that was accepted since goes into a module any more. Grants count on, so that no seed is drawn twice. */
export function settleRolledBack(state: TrainState, { paths, norms, tokens }: Remembered): void {
  for (const [id, { lost, ...progress }] of Object.entries(paths)) {
    const path = state.paths[id]!;
    Object.assign(path, { ...progress, leases: [], contributions: [] });
    // Nobody's moments are of this model.
    delete path.homes;
    delete path.servedAt;
    if (lost) path.lost = lost;
    else delete path.lost;
  }
  for (const module of Object.values(state.modules)) {
    Object.assign(module, AT_REST);
    delete module.fold;
  }
  for (const lease of Object.keys(state.leases)) delete state.leases[lease];
  Object.assign(state, { norms: [...norms], tokens });
}
