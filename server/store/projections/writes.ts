import type { CoordinatorEvent, CoordinatorEventOf } from '@pathfold/coordination/events';
import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { Tables } from '../schema.ts';

export interface LoggedEvent {
  readonly seq: number;
  readonly event: CoordinatorEvent;
}

type Logged<T extends CoordinatorEvent['type']> = { readonly seq: number; readonly event: CoordinatorEventOf<T> };
export type Write = (trx: Kysely<Tables>, logged: readonly LoggedEvent[]) => Promise<void>;

// PostgreSQL's text cannot hold NUL, nor its JSON a lone surrogate.
const UNSTORABLE = /[\0\ud800-\udfff]/;
const storable = (_key: string, value: unknown): unknown =>
  typeof value === 'string' && UNSTORABLE.test(value) ? Buffer.from(value.replaceAll('\0', '')).toString() : value;

/** Rows as a table expression: one parameter, however many rows. */
export const rowsOf = (rows: readonly object[], columns: string): RawBuilder<unknown> =>
  sql`json_to_recordset(${JSON.stringify(rows, storable)}::json) as r (${sql.raw(columns)})`;

/** A writer that gets all events of one type at once, and is not called when there are none. */
export const on = <T extends CoordinatorEvent['type']>(
  type: T,
  write: (trx: Kysely<Tables>, logged: Logged<T>[]) => Promise<unknown>,
): Write => {
  return async (trx, logged) => {
    const mine = logged.filter((one): one is Logged<T> => one.event.type === type);
    if (mine.length > 0) await write(trx, mine);
  };
};
