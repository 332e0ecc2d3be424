import { type Kysely, sql } from 'kysely';
import type { Tables } from '../schema.ts';
import { on, rowsOf } from './writes.ts';

export const granted = on('LeaseGranted', (trx, logged) => {
  const values = logged.map(({ seq, event: { task, ...event } }) => {
    const { key, steps, durationMs } = task;
    return { seq, ...event, key, steps, duration: durationMs };
  });
  const columns =
    'lease text, seq bigint, run text, kind text, key text, volunteer text, at bigint, duration float8, steps bigint';
  return sql`
    insert into leases (id, seq, run, kind, key, volunteer, granted_at, duration_ms, steps)
    select lease, seq, run, kind, key, volunteer, at, duration, steps from ${rowsOf(values, columns)}`.execute(trx);
});

export const endLeases = (trx: Kysely<Tables>, ends: readonly { lease: string; at: number; code?: string }[]) =>
  sql`
    update leases set ended_at = r.at, end_code = r.code
    from ${rowsOf(ends, 'lease text, at bigint, code text')} where id = r.lease and ended_at is null`.execute(trx);

export const ended = on('LeaseEnded', (trx, logged) =>
  endLeases(
    trx,
    logged.map(({ event }) => event),
  ),
);
