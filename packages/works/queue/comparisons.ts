import type { Company, Fold, Json } from '@pathfold/coordination/work-plan';
import { type CompareInput, CompareResult } from './compared.ts';
import { isOut, newUnit, peopleOf, type Queue, type Unit } from './unit.ts';

const isComparable = ({ answers, wanted, confirmed }: Unit): boolean =>
  confirmed === null && answers.length > 1 && answers.length === wanted;

/** Comparisons to begin: of units that have all the answers that were asked for. */
export function dueComparisons(queue: Queue): Fold[] {
  const folds: Fold[] = [];
  for (const name in queue) {
    const { answers, checking } = queue[name]!;
    if (checking !== null || !isComparable(queue[name]!)) continue;
    const compare = answers.map(({ lease, sha256, trusted }) => ({ lease, sha256, ...(trusted && { trusted }) }));
    const input: CompareInput = { compare };
    const contributions = answers.map(({ lease }) => lease);
    folds.push({ key: `compare ${name} ${contributions.at(-1)}`, input: input as Json, contributions });
  }
  return folds;
}

/** Whether a fold compares answers to a unit. */
export const isComparison = ({ input }: Pick<Fold, 'input'>): boolean =>
  typeof input === 'object' && input !== null && 'compare' in input;

/** Whether a fold compares answers to a unit now. */
export const isChecked = (queue: Queue, fold: string): boolean =>
  Object.values(queue).some(({ checking }) => checking === fold);

/** The unit that just these contributions answer. */
export const answeredBy = (queue: Queue | null | undefined, leases: readonly string[]): Unit | undefined =>
  Object.values(queue ?? {}).find(
    ({ answers }) => answers.length === leases.length && answers.every(({ lease }, place) => lease === leases[place]),
  );

export function beginComparison(queue: Queue | null | undefined, { key, contributions }: Fold): void {
  const unit = answeredBy(queue, contributions);
  if (unit) unit.checking = key;
}

/**
 * A comparison has ended: answers who said what two others contradict, with the lease. While no two agree one more is
 * asked for, and waited for as long as the second was. Nothing is settled where its unit is not there any more.
 */
export function settleComparison(
  queue: Queue | null | undefined,
  fold: string,
  result: Json,
  now: number,
): Record<string, string> {
  const unit = Object.values(queue ?? {}).find(({ checking }) => checking === fold);
  if (!unit) return {};
  unit.checking = null;
  const { agreed } = CompareResult.parse(result);
  if (!agreed) {
    unit.wanted = unit.answers.length + 1;
    unit.answeredAt = now;
    return {};
  }
  unit.confirmed = agreed[0]!;
  const odd = unit.answers.filter(({ lease }) => !agreed.includes(lease));
  return Object.fromEntries(odd.map(({ volunteer, lease }) => [volunteer, lease]));
}

/** Whether two unrelated volunteers agree on every unit, or a trusted one answered it. */
export const areConfirmed = (queue: Queue): boolean =>
  Object.values(queue).every(({ confirmed }) => confirmed !== null);

/**
 * What was made of the answers was refused: those that nobody has confirmed are dropped, and so many are asked for again;
 * where nobody computes the unit, about `anew` of what it was.
 */
export function reopen<W>(queue: Queue<W>, wanted: number, anew: (what: W) => W): void {
  for (const unit of Object.values(queue))
    if (unit.confirmed === null)
      Object.assign(unit, newUnit(isOut(unit) ? unit.what : anew(unit.what), wanted), { holders: unit.holders });
}

/** The run stood still: nobody could come to confirm anything. What came meanwhile waits from now on. */
export function shift(queue: Queue, ms: number, now: number): void {
  for (const unit of Object.values(queue))
    if (unit.answeredAt !== null) unit.answeredAt = Math.min(now, unit.answeredAt + ms);
}

/** How long a unit waits for an unrelated volunteer who is there but does not come, or does not end. */
export interface Patience {
  readonly now: number;
  readonly ms: number;
  readonly company: Company;
}

/** A unit that is done. */
export interface Done {
  readonly name: string;
  readonly lease: string;
  readonly sha256: string;
  /** Two unrelated volunteers answered the same, or a trusted one answered. */
  readonly confirmed: boolean;
}

/**
 * All units in order, once each is done: confirmed; or answered once where one answer was asked for; or answered while
 * nobody unrelated lends, comes, or ends what it computes in time. Where only time is missing, when to look again.
 */
export function wholeOf(queue: Queue, { now, ms, company }: Patience): { done: Done[] | null; wakeAt: number | null } {
  const alone: Unit[] = [];
  const out: Unit[] = [];
  for (const name in queue) {
    const unit = queue[name]!;
    if (unit.answers.length === 0 || isComparable(unit)) return { done: null, wakeAt: null };
    if (unit.confirmed !== null || unit.wanted === 1 || now >= unit.answeredAt! + ms) continue;
    (isOut(unit) ? out : alone).push(unit);
  }
  // The search for other volunteers comes last: it goes through all of them.
  const waiting = out.length > 0 ? out : alone.filter((unit) => company.hasOther(peopleOf(unit)));
  if (waiting.length > 0) return { done: null, wakeAt: ms + Math.min(...waiting.map(({ answeredAt }) => answeredAt!)) };
  return { done: Object.entries(queue).map(([name, unit]) => doneOf(name, unit)), wakeAt: null };
}

function doneOf(name: string, { answers, confirmed }: Unit): Done {
  const { lease, sha256 } = confirmed === null ? answers[0]! : answers.find((answer) => answer.lease === confirmed)!;
  return { name, lease, sha256, confirmed: confirmed !== null };
}
