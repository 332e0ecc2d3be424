import type { Company, Fold, Json, Outcome, RunFacts } from '@pathfold/coordination/work-plan';
import type { ModuleRef } from '@pathfold/protocol/blob';
import { type CompareInput, CompareResult } from './compared.ts';

/** A contribution that answers a part. */
interface Answer {
  readonly lease: string;
  readonly volunteer: string;
  readonly sha256: string;
  /** The operator vouches for the volunteer. */
  readonly trusted?: true;
}

interface Part {
  /** Who computes it, by lease. */
  readonly holders: Record<string, string>;
  answers: Answer[];
  /** When the first answer came; or when the last comparison ended that told nothing. */
  answeredAt: number | null;
  /** Answers that are asked for: one, or two unrelated ones, and one more whenever no two agree. */
  wanted: number;
  comparing: boolean;
  /** The lease of the answer that another agrees with, or that was given first by somebody trusted. */
  confirmed: string | null;
  /** The versions that the first of its leases names: all answers are about these. */
  modules: readonly ModuleRef[] | null;
}

/** Work that is cut into parts, each done by one volunteer or confirmed by a second one. By the part's name. */
export type Parts = Record<string, Part>;

/** A part that is done. */
export interface DonePart {
  readonly name: string;
  readonly lease: string;
  readonly sha256: string;
  /** Two unrelated volunteers answered the same, or a trusted one answered. */
  readonly confirmed: boolean;
  readonly modules: readonly ModuleRef[] | null;
}

/** `answers`: 1, or 2 when each part is to be confirmed. */
export const partsOf = (names: readonly string[], answers: 1 | 2): Parts =>
  Object.fromEntries(names.map((name) => [name, newPart(answers)]));

const newPart = (wanted: number): Part => ({
  ...{ holders: {}, answers: [], answeredAt: null, wanted },
  ...{ comparing: false, confirmed: null, modules: null },
});

function isHeld({ holders }: Part): boolean {
  for (const _ in holders) return true;
  return false;
}

const hasRoom = (part: Part): boolean => {
  const { holders, answers, wanted, confirmed } = part;
  if (confirmed !== null || answers.length >= wanted) return false;
  return !isHeld(part) || Object.keys(holders).length + answers.length < wanted;
};

const peopleOf = ({ holders, answers }: Part): string[] => [
  ...Object.values(holders),
  ...answers.map(({ volunteer }) => volunteer),
];

/** Whether somebody may get a part. */
export function hasFreePart(parts: Parts): boolean {
  for (const name in parts) if (hasRoom(parts[name]!)) return true;
  return false;
}

/** A part that this volunteer may do: nobody related to it has a hand in it. Null when there is none. */
export const freePart = (parts: Parts, volunteer: string, company: Company): string | null =>
  Object.keys(parts).find(
    (name) => hasRoom(parts[name]!) && peopleOf(parts[name]!).every((other) => !company.related(volunteer, other)),
  ) ?? null;

export function holdPart(parts: Parts, name: string, lease: string, volunteer: string, modules: readonly ModuleRef[]) {
  const part = parts[name]!;
  part.holders[lease] = volunteer;
  part.modules ??= [...modules];
}

/** The part that a lease holds; undefined when it holds none. */
export const partHeldBy = (parts: Parts, lease: string): string | undefined =>
  Object.keys(parts).find((name) => lease in parts[name]!.holders);

/** A lease that ended without a contribution leaves its part to others. Answers whether it held one. */
export function settleLease(
  parts: Parts,
  outcome: Extract<Outcome, { type: 'ended' | 'accepted' }>,
  now: number,
): boolean {
  const lease = outcome.type === 'ended' ? outcome.lease : outcome.contribution.lease;
  const part = Object.values(parts).find(({ holders }) => lease in holders);
  if (!part) return false;
  delete part.holders[lease];
  if (outcome.type === 'ended') return true;
  const { volunteer, sha256 } = outcome.contribution;
  part.answers.push({ lease, volunteer, sha256, ...(outcome.trusted && { trusted: true }) });
  part.answeredAt ??= now;
  confirmAlone(part);
  return true;
}

/** What somebody trusted says needs nobody else. Beside other answers it is compared, to tell who lied. */
function confirmAlone(part: Part): void {
  const [first, ...others] = part.answers;
  if (first?.trusted && others.length === 0) part.confirmed = first.lease;
}

/** The run stood still: nobody could come to confirm anything. What came meanwhile waits from now on. */
export function shiftParts(parts: Parts, ms: number, now: number): void {
  for (const part of Object.values(parts))
    if (part.answeredAt !== null) part.answeredAt = Math.min(now, part.answeredAt + ms);
}

const isComparable = ({ answers, wanted, confirmed }: Part): boolean =>
  confirmed === null && answers.length > 1 && answers.length === wanted;

/** Comparisons to begin: of parts that have all the answers that were asked for. */
export function dueComparisons(parts: Parts): Fold[] {
  const folds: Fold[] = [];
  for (const name in parts) {
    const { answers, comparing } = parts[name]!;
    if (comparing || !isComparable(parts[name]!)) continue;
    const input: CompareInput = { compare: answers.map(({ volunteer: _, ...answer }) => answer) };
    const contributions = answers.map(({ lease }) => lease);
    folds.push({ key: `compare ${name} ${contributions.at(-1)}`, input: input as Json, contributions });
  }
  return folds;
}

/** Whether a fold compares answers to a part. */
export const isComparison = (foldKey: string): boolean => foldKey.startsWith('compare ');

/** The part that a comparison is about; undefined when its campaign is over, also where the next has a part of that name. */
export function comparedPart(parts: Parts | null | undefined, foldKey: string): Part | undefined {
  const cut = foldKey.lastIndexOf(' ');
  const part = parts?.[foldKey.slice('compare '.length, cut)];
  return part?.answers.at(-1)?.lease === foldKey.slice(cut + 1) ? part : undefined;
}

export function beginComparison(parts: Parts | null | undefined, foldKey: string): void {
  const part = comparedPart(parts, foldKey);
  if (part) part.comparing = true;
}

/**
 * A comparison has ended: answers who said what two others contradict, with the lease. While no two agree one more is
 * asked for, and waited for as long as the second was.
 */
export function settleComparison(
  parts: Parts | null | undefined,
  foldKey: string,
  result: Json,
  now: number,
): Record<string, string> {
  const part = comparedPart(parts, foldKey);
  if (!part) return {};
  part.comparing = false;
  const { agreed } = CompareResult.parse(result);
  if (!agreed) {
    part.wanted = part.answers.length + 1;
    part.answeredAt = now;
    return {};
  }
  part.confirmed = agreed[0]!;
  const odd = part.answers.filter(({ lease }) => !agreed.includes(lease));
  return Object.fromEntries(odd.map(({ volunteer, lease }) => [volunteer, lease]));
}

/** Whether two unrelated volunteers agree on every part, or a trusted one answered it. */
export const areConfirmed = (parts: Parts): boolean =>
  Object.values(parts).every(({ confirmed }) => confirmed !== null);

/** What was made of the answers was refused: those that nobody has confirmed are dropped, and so many are asked for again. */
export function reopen(parts: Parts, answers: 1 | 2): void {
  for (const [name, { holders, confirmed, modules }] of Object.entries(parts)) {
    if (confirmed !== null) continue;
    const isBegun = Object.keys(holders).length > 0;
    parts[name] = { ...newPart(answers), holders, modules: isBegun ? modules : null };
  }
}

/** Slack for downloads and the upload beside three times the expected time. */
const TRAVEL_MS = 60_000;
/** Round deadlines that a lease of a part lasts at most, however slow its holder claims to be. */
const MOST_ROUNDS = 20;

/** How long a volunteer of this speed (0: unknown) should need for so many tokens, and how long it may. */
export function timeOf({ spec }: RunFacts, tokens: number, tokensPerSecond: number) {
  const mostMs = MOST_ROUNDS * spec.roundDeadlineMs;
  const neededMs = tokensPerSecond ? Math.ceil((1000 * tokens) / tokensPerSecond) : spec.roundDeadlineMs;
  return { durationMs: Math.min(mostMs, 3 * neededMs + TRAVEL_MS), expectedMs: Math.min(mostMs, neededMs) };
}

/** Whoever computes a round is free again after its deadline. */
export const patienceMs = (run: RunFacts): number => 2 * run.spec.roundDeadlineMs;

/** How long a part waits for an unrelated volunteer who is there but does not come, or does not end. */
export interface Patience {
  readonly now: number;
  readonly ms: number;
  readonly company: Company;
}

/**
 * All parts in order, once each is done: confirmed; or answered once where one answer was asked for; or answered while
 * nobody unrelated lends, comes, or ends what it computes in time. Where only time is missing, when to look again.
 */
export function wholeOf(
  parts: Parts,
  { now, ms, company }: Patience,
): { done: DonePart[] | null; wakeAt: number | null } {
  const alone: Part[] = [];
  const held: Part[] = [];
  for (const name in parts) {
    const part = parts[name]!;
    if (part.answers.length === 0 || isComparable(part)) return { done: null, wakeAt: null };
    if (part.confirmed !== null || part.wanted === 1 || now >= part.answeredAt! + ms) continue;
    (isHeld(part) ? held : alone).push(part);
  }
  // Who else is there is asked last: it is a search among everybody.
  const waiting = held.length > 0 ? held : alone.filter((part) => company.hasOther(peopleOf(part)));
  if (waiting.length > 0) return { done: null, wakeAt: ms + Math.min(...waiting.map(({ answeredAt }) => answeredAt!)) };
  return { done: Object.entries(parts).map(([name, part]) => doneOf(name, part)), wakeAt: null };
}

function doneOf(name: string, { answers, confirmed, modules }: Part): DonePart {
  const { lease, sha256 } = confirmed === null ? answers[0]! : answers.find((answer) => answer.lease === confirmed)!;
  return { name, lease, sha256, confirmed: confirmed !== null, modules };
}

/** Who was found to invent answers in a run. */
export interface Liars {
  /** They get no more work of this kind. */
  readonly known: Record<string, true>;
  /** Whose credit is not yet taken back, and the lease that told. */
  readonly open: Record<string, string>;
}

export const noLiars = (): Liars => ({ known: {}, open: {} });

/** What they said before counts no more, where nobody has compared it yet. */
export function expose(liars: Liars, found: Record<string, string>, parts: Parts | null | undefined): void {
  for (const [volunteer, lease] of Object.entries(found)) {
    if (liars.known[volunteer]) continue;
    liars.known[volunteer] = true;
    liars.open[volunteer] = lease;
  }
  for (const part of Object.values(parts ?? {})) {
    const { answers, comparing, confirmed, wanted } = part;
    if (comparing || confirmed !== null || !answers.some(({ volunteer }) => liars.known[volunteer])) continue;
    part.answers = answers.filter(({ volunteer }) => !liars.known[volunteer]);
    if (part.answers.length === 0) part.answeredAt = null;
    confirmAlone(part);
    if (wanted > 1) part.wanted = Math.max(2, part.answers.length + 1);
  }
}
