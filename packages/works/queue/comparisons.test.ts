import { runFacts } from '@pathfold/coordination/simulator/run-facts';
import type { Company } from '@pathfold/coordination/work-plan';
import { expect, test } from 'vitest';
import { timeOf } from '../scoring.ts';
import { beginComparison, dueComparisons, settleComparison, shift, wholeOf } from './comparisons.ts';
import { expose, noLiars } from './liars.ts';
import { answer as answerUnit, giveOut, type Queue, queueOf } from './unit.ts';

const EVERYBODY = { related: (a: string, b: string) => a === b, hasOther: () => true };
const MS = 100;

/** Units of these names, of which so many answers are asked for. */
const partsOf = (names: readonly string[], wanted: number): Queue =>
  queueOf(Object.fromEntries(names.map((name) => [name, null])), wanted);

/** The volunteer takes a unit and answers it, under one name. */
function answer(parts: Queue, name: string, volunteer: string, now: number, trusted = false): void {
  giveOut(parts[name]!, volunteer, volunteer);
  answerUnit(parts[name]!, { lease: volunteer, volunteer, sha256: volunteer }, trusted, now);
}

/** All comparisons that are due end like this. */
function compare(parts: Queue, agreed: string[] | null, now: number): void {
  for (const fold of dueComparisons(parts)) {
    beginComparison(parts, fold);
    settleComparison(parts, fold.key, { agreed }, now);
  }
}

const whole = (parts: Queue, now: number, company: Company = EVERYBODY) => wholeOf(parts, { now, ms: MS, company });

test('where two answers differ a third is waited for, however late the second came', () => {
  const parts = partsOf(['0'], 2);
  answer(parts, '0', 'a', 0);
  answer(parts, '0', 'b', 150);
  compare(parts, null, 160);
  expect(whole(parts, 170)).toEqual({ done: null, wakeAt: 260 });
  expect(whole(parts, 260).done).toMatchObject([{ lease: 'a', confirmed: false }]);
});

test('who computes a part a second time is not waited for without end', () => {
  const parts = partsOf(['0'], 2);
  answer(parts, '0', 'a', 0);
  giveOut(parts['0']!, 'b', 'b');
  expect(whole(parts, 50)).toEqual({ done: null, wakeAt: 100 });
  expect(whole(parts, 100).done).toMatchObject([{ lease: 'a', confirmed: false }]);
});

test('however slow a volunteer claims to be, its lease of a part ends after 20 round deadlines', () => {
  const run = runFacts('r', [1], { roundDeadlineMs: 1000 });
  expect(timeOf(run, 5000, 1e-6)).toEqual({ durationMs: 20_000, expectedMs: 20_000 });
});

test('nobody is looked for while a part has no answer at all', () => {
  const parts = partsOf(['0', '1'], 2);
  answer(parts, '0', 'a', 0);
  const hasOther = () => {
    throw new Error('a search among thousands');
  };
  expect(whole(parts, 10, { ...EVERYBODY, hasOther })).toEqual({ done: null, wakeAt: null });
});

test('a part waits from the end of a pause for as long as it waits otherwise', () => {
  const parts = partsOf(['0'], 2);
  answer(parts, '0', 'a', 900);
  shift(parts, 1000, 1000);
  expect(whole(parts, 1000)).toEqual({ done: null, wakeAt: 1100 });
});

test('what a liar said about other parts counts no more', () => {
  const parts = partsOf(['0', '1', '2'], 2);
  answer(parts, '0', 'liar', 0);
  answer(parts, '1', 'liar', 0);
  answer(parts, '1', 'a', 0);
  answer(parts, '2', 'a', 0);
  const liars = noLiars();
  expose(liars, { liar: 'of part 3' }, parts);
  expect(whole(parts, 1000)).toEqual({ done: null, wakeAt: null });
  for (const name of ['0', '2']) answer(parts, name, 'b', 10);
  answer(parts, '0', 'c', 10);
  answer(parts, '1', 'd', 10);
  expect(dueComparisons(parts).map(({ contributions }) => contributions)).toEqual([
    ['b', 'c'],
    ['a', 'd'],
    ['a', 'b'],
  ]);
});

test('a comparison of answers that are not there any more settles nothing', () => {
  const parts = partsOf(['0'], 2);
  answer(parts, '0', 'a', 0);
  answer(parts, '0', 'b', 0);
  const [before] = dueComparisons(parts);
  beginComparison(parts, before!);
  const next = partsOf(['0'], 2);
  answer(next, '0', 'c', 10);
  answer(next, '0', 'd', 10);
  expect(settleComparison(next, before!.key, { agreed: ['a', 'b'] }, 20)).toEqual({});
  compare(next, ['c', 'd'], 30);
  expect(whole(next, 30).done).toMatchObject([{ lease: 'c', confirmed: true }]);
});

test('who the operator vouches for is asked alone, and wins against others', () => {
  const parts = partsOf(['0', '1'], 2);
  answer(parts, '0', 'own', 0, true);
  answer(parts, '1', 'liar', 0);
  answer(parts, '1', 'own', 0, true);
  expect(dueComparisons(parts)).toMatchObject([
    { input: { compare: [{ lease: 'liar' }, { lease: 'own', trusted: true }] } },
  ]);
  compare(parts, ['own'], 10);
  expect(whole(parts, 10).done).toMatchObject([
    { name: '0', lease: 'own', confirmed: true },
    { name: '1', lease: 'own', confirmed: true },
  ]);
});

test('where a liar was struck out, the answer of somebody trusted that is left needs no other', () => {
  const parts = partsOf(['0'], 3);
  answer(parts, '0', 'liar', 0);
  answer(parts, '0', 'own', 0, true);
  expose(noLiars(), { liar: 'of part 3' }, parts);
  expect(whole(parts, 0).done).toMatchObject([{ lease: 'own', confirmed: true }]);
});
