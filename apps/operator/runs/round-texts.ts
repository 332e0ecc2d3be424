import type { HistoryPoint } from '@pathfold/protocol/resources';
import { formatLoss } from '@pathfold/ui/formats';

/** A round to choose: `round 7, 2.310 bits per byte`; with its training loss where it was not scored. */
export function roundInWords(round: number, points: readonly HistoryPoint[]): string {
  if (round === 0) return 'round 0, its start';
  const point = points.find((known) => known.round === round);
  if (point && point.validBitsPerByte !== null)
    return `round ${round}, ${formatLoss(point.validBitsPerByte)} bits per byte`;
  if (point && point.trainLoss !== null) return `round ${round}, training loss ${formatLoss(point.trainLoss)}`;
  return `round ${round}`;
}
