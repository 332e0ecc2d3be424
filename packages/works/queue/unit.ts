import type { Company, ContributionFacts, Fold, Outcome } from '@pathfold/coordination/work-plan';

/** A contribution that answers a unit. */
export interface Answer {
  readonly lease: string;
  readonly volunteer: string;
  readonly sha256: string;
  /** The operator vouches for the volunteer. */
  readonly trusted?: true;
}

/**
 * Work of one lease, of any kind. `what` tells the kind which. It is *open* while somebody may get it, *out* while
 * volunteers hold it, *held* while a fold compares its answers or computes one again, and *done* when its kind takes it.
 */
export interface Unit<W = unknown> {
  what: W;
  /** Volunteers that compute it, by lease. */
  holders: Record<string, string>;
  answers: Answer[];
  /** When the first answer came; or when the last comparison ended that told nothing. */
  answeredAt: number | null;
  /** Answers that are asked for: one, or two unrelated ones, and one more whenever no two agree. */
  wanted: number;
  /** The fold that looks at its answers; null while none does. */
  checking: string | null;
  /** The lease of the answer that another agrees with, or that was given first by somebody trusted. */
  confirmed: string | null;
  /** Leases of it that ended without a contribution. */
  lost: number;
  /** Its answer is drawn to be computed again, by this fold; absent where it is not. */
  audit?: { readonly fold: Fold; readonly contribution: ContributionFacts };
}

/** Units by name, in the order in which they are given out. What is given back keeps its place: it goes out next. */
export type Queue<W = unknown> = Record<string, Unit<W>>;

/** `wanted`: answers asked for, 2 when it is to be confirmed. */
export const newUnit = <W>(what: W, wanted: number): Unit<W> => ({
  ...{ what, holders: {}, answers: [], answeredAt: null, wanted },
  ...{ checking: null, confirmed: null, lost: 0 },
});

export const queueOf = <W>(units: Readonly<Record<string, W>>, wanted: number): Queue<W> =>
  Object.fromEntries(Object.entries(units).map(([name, what]) => [name, newUnit(what, wanted)]));

export function isOut({ holders }: Unit): boolean {
  for (const _ in holders) return true;
  return false;
}

/** Whether somebody may get it. */
export function isOpen(unit: Unit): boolean {
  const { holders, answers, wanted, confirmed } = unit;
  if (confirmed !== null || answers.length >= wanted) return false;
  return !isOut(unit) || Object.keys(holders).length + answers.length < wanted;
}

/** Volunteers that have a hand in it. */
export const peopleOf = ({ holders, answers }: Unit): string[] => [
  ...Object.values(holders),
  ...answers.map(({ volunteer }) => volunteer),
];

export function hasOpen(queue: Queue): boolean {
  for (const name in queue) if (isOpen(queue[name]!)) return true;
  return false;
}

/** The first unit that this volunteer may get: nobody related to it has a hand in it. Null when there is none. */
export const nextFor = (queue: Queue, volunteer: string, { related }: Pick<Company, 'related'>): string | null =>
  Object.keys(queue).find(
    (name) => isOpen(queue[name]!) && peopleOf(queue[name]!).every((other) => !related(volunteer, other)),
  ) ?? null;

export function giveOut(unit: Unit, lease: string, volunteer: string): void {
  unit.holders[lease] = volunteer;
}

/** The unit that a lease holds; undefined when it holds none. */
export const heldBy = (queue: Queue, lease: string): string | undefined =>
  Object.keys(queue).find((name) => lease in queue[name]!.holders);

/** A lease ended without a contribution: its unit is open to others again. */
export function giveBack(unit: Unit, lease: string): void {
  delete unit.holders[lease];
  unit.lost++;
}

/** A contribution counts as an answer. */
export function answer(
  unit: Unit,
  { lease, volunteer, sha256 }: Pick<ContributionFacts, 'lease' | 'volunteer' | 'sha256'>,
  trusted: boolean,
  now: number,
): void {
  delete unit.holders[lease];
  unit.answers.push({ lease, volunteer, sha256, ...(trusted && { trusted }) });
  unit.answeredAt ??= now;
  confirmAlone(unit);
}

/** Brings the end of a lease, or what it brought, to its unit. Answers the unit's name; undefined when it held none. */
export function settleLease(
  queue: Queue,
  outcome: Extract<Outcome, { type: 'ended' | 'accepted' }>,
  now: number,
): string | undefined {
  const lease = outcome.type === 'ended' ? outcome.lease : outcome.contribution.lease;
  const name = heldBy(queue, lease);
  if (name === undefined) return undefined;
  if (outcome.type === 'ended') giveBack(queue[name]!, lease);
  else answer(queue[name]!, outcome.contribution, outcome.trusted ?? false, now);
  return name;
}

/** A trusted answer needs no other. Beside other answers it is compared, to tell who lied. */
export function confirmAlone(unit: Unit): void {
  const [first, ...others] = unit.answers;
  if (first?.trusted && others.length === 0) unit.confirmed = first.lease;
}
