import { expect, test } from 'vitest';
import { staysKept } from './checkpoints.ts';

/** The rounds that are kept when `last` is reached, one after the other. */
function keptAt(last: number): number[] {
  let kept: number[] = [];
  for (let round = 0; round <= last; round++) kept = [...kept.filter((known) => staysKept(known, round)), round];
  return kept;
}

test('the last four rounds and the first are kept, and one for each doubling of the distance', () => {
  expect(keptAt(2)).toEqual([0, 1, 2]);
  expect(keptAt(10)).toEqual([0, 4, 7, 8, 9, 10]);
  expect(keptAt(100)).toEqual([0, 64, 80, 88, 96, 97, 98, 99, 100]);
});

test('however many rounds a run has, few are kept, and none is far from what one may want', () => {
  const kept = keptAt(5000);
  expect(kept.length).toBeLessThanOrEqual(5 + Math.log2(5000));
  for (let wanted = 0; wanted <= 5000; wanted++) {
    const before = kept.findLast((round) => round <= wanted)!;
    expect(5000 - before).toBeLessThanOrEqual(Math.max(4, 4 * (5000 - wanted)));
  }
});
