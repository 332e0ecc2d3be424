import type { Outcome } from '@pathfold/coordination/work-plan';

/** A contribution that a part of the work is done by. */
interface Done {
  readonly lease: string;
  readonly sha256: string;
}

/** Work that is cut into parts, each done once: who has which, and what came in. By the part's name. */
export type Parts = Record<string, { lease: string | null; done: Done | null }>;

export const partsOf = (names: readonly string[]): Parts =>
  Object.fromEntries(names.map((name) => [name, { lease: null, done: null }]));

/** A part that nobody has; null when there is none. */
export const freePart = (parts: Parts): string | null =>
  Object.keys(parts).find((name) => !parts[name]!.lease && !parts[name]!.done) ?? null;

/** All that came in, in order; null while a part is missing. */
export function wholeOf(parts: Parts): ({ readonly name: string } & Done)[] | null {
  const came = Object.entries(parts).flatMap(([name, { done }]) => (done ? { name, ...done } : []));
  return came.length === Object.keys(parts).length ? came : null;
}

/** Whether the lease holds a part. */
export const holdsPart = (parts: Parts, lease: string): boolean =>
  Object.values(parts).some((part) => part.lease === lease);

/** A lease that ended without a contribution leaves its part to others. Answers whether it held one. */
export function settleLease(parts: Parts, outcome: Extract<Outcome, { type: 'ended' | 'accepted' }>): boolean {
  const { lease, sha256 } = outcome.type === 'ended' ? { lease: outcome.lease, sha256: null } : outcome.contribution;
  const part = Object.values(parts).find((one) => one.lease === lease);
  if (!part) return false;
  part.lease = null;
  if (sha256 !== null) part.done = { lease, sha256 };
  return true;
}
