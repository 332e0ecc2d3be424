import { roundOf } from '../run-round.ts';
import type { Json, WorkPlan } from '../work-plan.ts';
import type { Checkpoint, RunRecord } from './state.ts';

/** The newest rounds, all of which are kept. */
const NEWEST = 4;

/**
 * Whether a round stays when `newest` is reached: the last four, the first, and between them one for each doubling of the
 * distance. What stays at a distance has stayed at every smaller one.
 */
export const staysKept = (round: number, newest: number): boolean => {
  const distance = newest - round;
  return distance < NEWEST || round % 2 ** Math.floor(Math.log2(distance)) === 0;
};

/** The rounds that a run can be taken back to, oldest first. */
export const checkpointRounds = ({ checkpoints = [] }: RunRecord): number[] => checkpoints.map(({ round }) => round);

/** A run at rest: what is taken back is nobody's work any more. */
export const canGoBack = ({ state }: RunRecord): boolean => state === 'paused' || state === 'finished';

/** The round that a run has come to and that is not kept yet; null when there is none, or documents wait for their paths. */
export function newRound({ facts, checkpoints, deleted }: RunRecord): number | null {
  const round = roundOf(facts);
  const last = checkpoints?.at(-1);
  if (deleted || !Number.isFinite(round) || (last && round <= last.round)) return null;
  return Object.values(facts.paths).every(({ shard }) => shard !== null) ? round : null;
}

/** Keeps a run as it is now, and lets go of what is between others. */
export function takeCheckpoint(
  run: RunRecord,
  round: number,
  at: number,
  kinds: ReadonlyMap<string, WorkPlan<unknown>>,
): void {
  const { modules, paths } = run.facts;
  const works: Record<string, Json> = {};
  for (const kind of run.kinds) {
    const remembered = kinds.get(kind)?.orders?.remember?.(run.works[kind]);
    if (remembered !== undefined) works[kind] = remembered;
  }
  const checkpoint: Checkpoint = {
    round,
    at,
    modules: Object.fromEntries(Object.entries(modules).map(([name, module]) => [name, { ...module }])),
    bestVersions: Object.fromEntries(
      Object.entries(paths).flatMap(([id, { bestVersion }]) => (bestVersion ? [[id, bestVersion]] : [])),
    ),
    works,
  };
  run.checkpoints = [...(run.checkpoints ?? []).filter((known) => staysKept(known.round, round)), checkpoint];
}
