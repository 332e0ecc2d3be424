import type { HistoryPoint } from '@pathfold/protocol/resources';
import { expect, test } from 'vitest';
import { roundInWords } from './round-texts.ts';

const point = (round: number, figures: Partial<HistoryPoint>): HistoryPoint => ({
  ...{ round, time: '2026-11-27T12:00:00Z', tokens: 0, trainLoss: null, validLoss: null, validBitsPerByte: null },
  ...{ perplexity: null, uploadBytes: 0, downloadBytes: 0, peerBytes: 0, volunteerCount: 0 },
  ...figures,
});

test('a round to go back to is told with the best that is known of it', () => {
  const points = [point(4, { trainLoss: 3.2 }), point(6, { trainLoss: 3, validBitsPerByte: 2.31 })];
  expect([0, 2, 4, 6].map((round) => roundInWords(round, points))).toEqual([
    'round 0, its start',
    'round 2',
    'round 4, training loss 3.200',
    'round 6, 2.310 bits per byte',
  ]);
});
