import type { ActivityPiece } from '@pathfold/protocol/resources';
import { expect, test } from 'vitest';
import { cellInWords, nextChange } from './timeline-texts.ts';

const piece = (first: number, last: number, more: Partial<ActivityPiece> = {}): ActivityPiece => ({
  ...{ first, last, kind: 'train', key: 'path 3 round 12', grantedAt: '2026-01-01T00:00:00.000Z', ms: 95_000 },
  ...{ state: 'folded', reason: null },
  ...more,
});
const at = {
  row: 'cccciixx.www',
  pieces: [piece(0, 1), piece(2, 3, { key: 'path 3 round 13' }), piece(6, 7, { state: null, reason: 'expired' })],
};

test('a column says what was computed, how long, and what became of it', () => {
  expect(cellInWords(at, 1)).toBe('Training path 3 round 12, 2 min: accepted and in the model');
  expect(cellInWords(at, 6)).toBe('Training path 3 round 12, 2 min: lost (expired)');
  expect(cellInWords(at, 4)).toBe('idle, waits for work');
  expect(cellInWords(at, 8)).toBe('not here');
  const fate = (more: Partial<ActivityPiece>) => cellInWords({ row: 'w', pieces: [piece(0, 0, more)] }, 0);
  expect(fate({ state: null })).toMatch(/: under way$/);
  expect(fate({ state: 'received' })).toMatch(/: handed in, being checked$/);
  expect(fate({ state: 'rejected', reason: 'not_finite: NaN' })).toMatch(/: rejected \(not_finite: NaN\)$/);
});

test('arrow keys go from one piece of work, or pause, to the next', () => {
  expect([0, 2, 4, 6, 8].map((column) => nextChange(at, column, 1))).toEqual([2, 4, 6, 8, 11]);
  expect([11, 6, 1].map((column) => nextChange(at, column, -1))).toEqual([7, 5, 0]);
});
