import type { Fold } from '@pathfold/coordination/work-plan';

/**
 * Who is computed again. Of each volunteer the first contribution, then one of every `every`, at a place that only the
 * run's secret tells: whoever lies each time is caught by the first, whoever begins to lie later and goes on is caught
 * within 2 every - 1 contributions. `A`: what the kind keeps of an answer until it is settled.
 */
export interface Audits<A> {
  /** Answers of each volunteer so far. */
  readonly counts: Record<string, number>;
  /** Answers that are being computed again, by lease. */
  readonly held: Record<string, { readonly volunteer: string; readonly answer: A; readonly fold: Fold }>;
  /** Folds under way, by lease. */
  readonly begun: Record<string, true>;
  /** Caught: they get no more work of this kind in this run. */
  readonly liars: Record<string, true>;
  /** Caught, and their credit not yet taken back. */
  refuted: string[];
}

export const noAudits = <A>(): Audits<A> => ({ counts: {}, held: {}, begun: {}, liars: {}, refuted: [] });

/** Whether this answer of the volunteer, which is counted here, is to be computed again. */
export function isDrawn<A>(audits: Audits<A>, volunteer: string, every: number, secret: number): boolean {
  const count = audits.counts[volunteer] ?? 0;
  audits.counts[volunteer] = count + 1;
  const block = Math.floor(count / every);
  return count % every === (block === 0 ? 0 : mixed(secret, `${volunteer} ${block}`) % every);
}

/** Keeps an answer back until `settleAudit`; `fold` computes it again. Its key is the lease. */
export function hold<A>(audits: Audits<A>, volunteer: string, answer: A, fold: Fold): void {
  audits.held[fold.key] = { volunteer, answer, fold };
}

/** The audits to begin. */
export const dueAudits = <A>({ held, begun }: Audits<A>): Fold[] =>
  Object.values(held)
    .filter(({ fold }) => !begun[fold.key])
    .map(({ fold }) => fold);

/** What the audit of a lease's answer found; null when that is not known. */
export function settleAudit<A>(audits: Audits<A>, lease: string, honest: boolean): A | null {
  const found = audits.held[lease];
  if (!found) return null;
  delete audits.held[lease];
  delete audits.begun[lease];
  if (!honest && !audits.liars[found.volunteer]) {
    audits.liars[found.volunteer] = true;
    audits.refuted.push(found.volunteer);
  }
  return found.answer;
}

/** 32 bits that nobody can foretell without the secret (FNV-1a, then mixed as by MurmurHash3). */
export function mixed(secret: number, text: string): number {
  let hash = 0x811c9dc5 ^ secret;
  for (const character of text) hash = Math.imul(hash ^ character.charCodeAt(0), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16) ^ secret, 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
