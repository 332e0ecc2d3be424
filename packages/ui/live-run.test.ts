import type { HistoryPoint } from '@pathfold/protocol/resources';
import { describe, expect, it } from 'vitest';
import { withPoint } from './live-run.tsx';

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
  volunteerCount: 0,
});

describe('withPoint', () => {
  it('keeps rounds in order, whatever order they arrive in', () => {
    const points = [3, 1, 2].map((round) => point(round)).reduce<HistoryPoint[]>(withPoint, []);
    expect(points.map(({ round }) => round)).toEqual([1, 2, 3]);
  });

  it('replaces the point of a round that is told again', () => {
    expect(withPoint([point(1, 5), point(2, 9)], point(1, 7))).toEqual([point(1, 7), point(2, 9)]);
  });
});
