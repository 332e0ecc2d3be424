import type { AnswersState, Question } from './state.ts';

/** Answers that one volunteer gives in a minute, at most. */
export const ANSWERS_PER_MINUTE = 20;
/** A volunteer that failed is left alone for so long, twice as long after each further failure in a row. */
const REST_MS = 30_000;
const MOST_REST_MS = 3_600_000;
const MINUTE_MS = 60_000;

/** Volunteers whose failures are remembered, also when they come back. */
const MOST_SHUNNED = 10_000;

/** A volunteer, and its network where that is known: what is counted of one is counted of the other, identities are free. */
function namesOf({ volunteers }: AnswersState, volunteer: string): string[] {
  const origin = volunteers.get(volunteer)?.origin ?? null;
  return origin === null ? [volunteer] : [volunteer, `network ${origin}`];
}

/**
 * The volunteer that answers next: of those who are free one of a network that this question was not at yet, then one that
 * holds the path, then the one whose network, then which itself was asked least.
 */
export function choose(
  state: AnswersState,
  { holders, unfit, asked, askedOrigins }: Question,
  at: number,
): string | null {
  for (const [id, times] of state.grants) {
    const recent = times.filter((time) => time + MINUTE_MS > at);
    if (recent.length > 0) state.grants.set(id, recent);
    else state.grants.delete(id);
  }
  const countOf = (who: string) => state.grants.get(who)?.length ?? 0;
  const isRested = (who: string) => (state.shunned.get(who)?.until ?? 0) <= at;
  const free = [...state.volunteers].flatMap(([id, { lease, origin }]) => {
    const names = namesOf(state, id);
    const count = countOf(id);
    const isFree = lease === null && names.every(isRested) && count < ANSWERS_PER_MINUTE;
    if (!isFree || asked.includes(id) || unfit.includes(id)) return [];
    const again = origin !== null && askedOrigins.has(origin);
    return [{ id, again, holds: holders.includes(id), ofNetwork: countOf(names.at(-1)!), count }];
  });
  free.sort(
    (a, b) =>
      Number(a.again) - Number(b.again) ||
      Number(b.holds) - Number(a.holds) ||
      a.ofNetwork - b.ofNetwork ||
      a.count - b.count,
  );
  return free[0]?.id ?? null;
}

export function noteGrant(state: AnswersState, volunteer: string, at: number): void {
  for (const name of namesOf(state, volunteer)) state.grants.set(name, [...(state.grants.get(name) ?? []), at]);
}

/** Leaves a volunteer that failed alone for a while, and its network from the second failure in a row: the first may be its own. */
export function shun(state: AnswersState, volunteer: string, at: number): void {
  const { shunned } = state;
  for (const name of namesOf(state, volunteer)) {
    const failures = shunned.get(name)?.failures ?? 0;
    const doublings = name === volunteer ? failures : failures - 1;
    const restMs = doublings < 0 ? 0 : Math.min(MOST_REST_MS, REST_MS * 2 ** doublings);
    shunned.delete(name);
    shunned.set(name, { failures: failures + 1, until: at + restMs });
    if (shunned.size > MOST_SHUNNED) shunned.delete(shunned.keys().next().value!);
  }
}

export function makeGood(state: AnswersState, volunteer: string): void {
  for (const name of namesOf(state, volunteer)) state.shunned.delete(name);
}
