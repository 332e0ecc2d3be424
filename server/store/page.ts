import { PathfoldError } from '@pathfold/protocol/errors';
import type { List } from '@pathfold/protocol/resources';

/** Which part of a list: at most `limit` items (default 50, at most 200) from where the last page's `next` points. */
export interface Page {
  readonly limit?: number | undefined;
  readonly cursor?: string | null | undefined;
}

/** Newest first: rows with a smaller `seq` than `before`, one more than the page holds. */
export interface Slice {
  readonly before: number;
  readonly limit: number;
}

const MAX_LIMIT = 200;

/** Reads one page through its slice. Throws PathfoldError `bad_request` for a cursor that no list gave out. */
export const pageOf = async <Row extends { seq: number }, Item>(
  { limit = 50, cursor }: Page,
  read: (slice: Slice) => Promise<Row[]>,
  item: (row: Row) => Item,
): Promise<List<Item>> => {
  if (cursor && !/^\d{1,15}$/.test(cursor)) throw new PathfoldError('bad_request', 'cursor: not one of this list');
  const size = Math.min(Math.max(1, limit), MAX_LIMIT);
  const rows = await read({ before: cursor ? Number(cursor) : Number.MAX_SAFE_INTEGER, limit: size + 1 });
  const shown = rows.slice(0, size);
  return { items: shown.map(item), next: rows.length > size ? String(shown.at(-1)!.seq) : null };
};
