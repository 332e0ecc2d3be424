import { uniformOf } from '@pathfold/corpora/hash';
import type { ArmConfig } from './settings.ts';

/** Salt of the draws of losses. */
const LOSSES = 0x1055;

/** Workers in a round, counted from 0, of so many rounds. */
export const workersAt = (workers: readonly number[], round: number, rounds: number): number =>
  workers[Math.min(workers.length - 1, Math.floor((round * workers.length) / rounds))]!;

/** The workers that lose their contribution to a round. Never all: a round without any would be held again. */
export function losersOf({ share }: ArmConfig['losses'], workers: number, seed: number, round: number): Set<number> {
  const draws = Array.from({ length: workers }, (_, worker) => uniformOf(seed, LOSSES, round, worker));
  const losers = new Set(draws.flatMap((draw, worker) => (draw < share ? [worker] : [])));
  if (losers.size === workers) losers.delete(draws.indexOf(Math.max(...draws)));
  return losers;
}
