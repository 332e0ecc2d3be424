import type { ActivityPiece, ActivityResource } from '@pathfold/protocol/resources';
import { formatDuration } from '@pathfold/ui/formats';
import { wordsOf } from '@pathfold/volunteer/works';

export type Row = ActivityResource['volunteers'][number];

/** The name that a volunteer gave itself, else the beginning of its id. */
export const rowName = ({ id, name }: Pick<Row, 'id' | 'name'>): string => name || `${id.slice(0, 8)}…`;

/** When a column begins, in milliseconds since 1970. */
export function columnTime({ from, to }: ActivityResource, column: number, columns: number): number {
  const start = Date.parse(from);
  return start + (column * (Date.parse(to) - start)) / columns;
}

const FATES = {
  received: 'handed in, being checked',
  checked: 'accepted, not in the model yet',
  folded: 'accepted and in the model',
  rejected: 'rejected',
} as const;

function fateOf({ state, reason }: ActivityPiece): string {
  if (state === null) return reason === null ? 'under way' : `lost (${reason})`;
  return reason === null ? FATES[state] : `${FATES[state]} (${reason})`;
}

/** A volunteer's work in a column: kind and key of its lease, its duration, and its outcome. */
export function cellInWords({ row, pieces }: Pick<Row, 'row' | 'pieces'>, column: number): string {
  const piece = pieces?.find(({ first, last }) => first <= column && column <= last);
  if (row[column] === 'i') return 'idle, waits for work';
  if (!piece) return 'not here';
  return `${wordsOf(piece.kind)?.doing ?? piece.kind} ${piece.key}, ${formatDuration(piece.ms)}: ${fateOf(piece)}`;
}

/** The next column in a direction where a row shows something else; the last one there is if none does. */
export function nextChange(at: Pick<Row, 'row' | 'pieces'>, column: number, by: 1 | -1): number {
  const here = cellInWords(at, column);
  let next = column;
  while (next + by >= 0 && next + by < at.row.length) {
    next += by;
    if (cellInWords(at, next) !== here) break;
  }
  return next;
}
