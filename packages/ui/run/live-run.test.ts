import type { HistoryPoint } from '@pathfold/protocol/resources';
import { describe, expect, it } from 'vitest';
import { withPoints } from './live-run.tsx';

const point = (round: number, tokens = 0): HistoryPoint => ({
  round,
  time: '2026-11-24T12:00:00Z',
  tokens,
  trainLoss: null,
  validLoss: null,
  validBitsPerByte: null,
  perplexity: null,
  uploadBytes: 0,
  downloadBytes: 0,
  peerBytes: 0,
  volunteerCount: 0,
});

describe('withPoints', () => {
  it('keeps rounds in order, whatever order they arrive in', () => {
    const points = [3, 1, 2].reduce<HistoryPoint[]>((known, round) => withPoints(known, [point(round)]), []);
    expect(points.map(({ round }) => round)).toEqual([1, 2, 3]);
  });

  it('replaces the point of a round that is told again', () => {
    expect(withPoints([point(1, 5), point(2, 9)], [point(1, 7)])).toEqual([point(1, 7), point(2, 9)]);
  });

  it('merges the long history of a reconnect with what is known', () => {
    const read = Array.from({ length: 20_000 }, (_, i) => point(i));
    const known = Array.from({ length: 20_000 }, (_, i) => point(10_000 + i, 7));
    const merged = withPoints(read, known);
    expect(merged.map(({ round }) => round)).toEqual(Array.from({ length: 30_000 }, (_, i) => i));
    expect(merged.findIndex(({ tokens }) => tokens === 7)).toBe(10_000);
    expect(merged.filter(({ tokens }) => tokens === 7)).toHaveLength(20_000);
  });
});
