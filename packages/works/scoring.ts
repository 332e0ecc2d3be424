import type { RunFacts } from '@pathfold/coordination/work-plan';
import type { ModuleRef } from '@pathfold/protocol/blob';

/** A unit about a path: the versions that the first of its leases names, so that all answers are about these; null before. */
export interface Versions {
  readonly modules: readonly ModuleRef[] | null;
}

export const NO_VERSIONS: Versions = { modules: null };

/** Slack for downloads and the upload beside three times the expected time. */
const TRAVEL_MS = 60_000;
/** Round deadlines that a lease of a unit lasts at most, however slow its holder claims to be. */
const MOST_ROUNDS = 20;

/** How long a volunteer of this speed (0: unknown) should need for so many tokens, and how long it may. */
export function timeOf({ spec }: RunFacts, tokens: number, tokensPerSecond: number) {
  const mostMs = MOST_ROUNDS * spec.roundDeadlineMs;
  const neededMs = tokensPerSecond ? Math.ceil((1000 * tokens) / tokensPerSecond) : spec.roundDeadlineMs;
  return { durationMs: Math.min(mostMs, 3 * neededMs + TRAVEL_MS), expectedMs: Math.min(mostMs, neededMs) };
}

/** Whoever computes a round is free again after its deadline: so long an unrelated volunteer is waited for. */
export const patienceMs = (run: RunFacts): number => 2 * run.spec.roundDeadlineMs;
