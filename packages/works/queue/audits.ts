import type { ContributionFacts, Fold } from '@pathfold/coordination/work-plan';
import { fnv1a } from '@pathfold/protocol/fnv';
import type { Queue, Unit } from './unit.ts';

/**
 * Whether this contribution of the volunteer is to be computed again; `counts` are those of each so far. Of each the first,
 * then one of every `every`, at a place that only the run's secret tells: whoever lies each time is caught by the first,
 * whoever begins to lie later and goes on is caught within 2 every - 1 contributions.
 */
export function isDrawn(counts: Record<string, number>, volunteer: string, every: number, secret: number): boolean {
  const count = counts[volunteer] ?? 0;
  counts[volunteer] = count + 1;
  const block = Math.floor(count / every);
  return count % every === (block === 0 ? 0 : mixed(secret, `${volunteer} ${block}`) % every);
}

/** Keeps the answer of a unit back until `settleAudit`: the fold computes it again. */
export function hold(unit: Unit, contribution: ContributionFacts, fold: Fold): void {
  unit.audit = { fold, contribution };
}

/** The audits to begin. */
export const dueAudits = (queue: Queue): Fold[] =>
  Object.values(queue).flatMap(({ audit, checking }) => (audit && checking === null ? [audit.fold] : []));

/** The unit whose answer a fold computes again, by its name; undefined when there is none. */
export const auditedBy = (queue: Queue, fold: string): string | undefined =>
  Object.keys(queue).find((name) => queue[name]!.audit?.fold.key === fold);

/** The audit has found the answer honest, and it stays; or it has not, and the unit is open to others again. Answers whose it was. */
export function settleAudit(unit: Unit, honest: boolean): ContributionFacts {
  const { contribution } = unit.audit!;
  delete unit.audit;
  unit.checking = null;
  if (!honest) Object.assign(unit, { answers: [], answeredAt: null });
  return contribution;
}

/** 32 bits that nobody can foretell without the secret (FNV-1a, then mixed as by MurmurHash3). */
export function mixed(secret: number, text: string): number {
  let hash = fnv1a(text, secret);
  hash = Math.imul(hash ^ (hash >>> 16) ^ secret, 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
