import type { CoordinatorEvent } from '@pathfold/coordination/events';
import { sql } from 'kysely';
import { on, rowsOf, type Write } from './writes.ts';

export const started = on('CoordinatorStarted', (trx) =>
  trx.updateTable('volunteers').set({ state: 'gone' }).where('state', 'in', ['working', 'waiting', 'away']).execute(),
);

export const joined = on('VolunteerJoined', (trx, logged) => {
  const last = new Map(logged.map(({ seq, event }) => [event.volunteer, { seq, ...event }]));
  const rows = rowsOf([...last.values()], 'seq bigint, at bigint, volunteer text, name text, agent text');
  return sql`
    insert into volunteers (id, seq, name, agent, state, seen_at)
    select volunteer, seq, name, agent, 'away', at from ${rows}
    on conflict (id) do update set name = excluded.name, agent = excluded.agent`.execute(trx);
});

const STATES = {
  VolunteerJoined: 'away',
  VolunteerReady: 'waiting',
  LeaseGranted: 'working',
  VolunteerAway: 'away',
  VolunteerLost: 'gone',
  VolunteerBanned: 'banned',
} as const;

/** The last event about a volunteer decides its state. */
export const states: Write = async (trx, logged) => {
  const last = new Map<string, { volunteer: string; state: string; executor?: string; at: number }>();
  for (const { event } of logged) {
    if (!(event.type in STATES)) continue;
    const { type, volunteer, at } = event as Extract<CoordinatorEvent, { type: keyof typeof STATES }>;
    if (last.get(volunteer)?.state === 'banned') continue;
    const executor = event.type === 'VolunteerReady' ? { executor: JSON.stringify(event.executor) } : {};
    last.set(volunteer, { ...last.get(volunteer), volunteer, state: STATES[type], at, ...executor });
  }
  if (last.size === 0) return;
  const rows = rowsOf([...last.values()], 'volunteer text, state text, executor text, at bigint');
  await sql`
    update volunteers set state = r.state, executor = coalesce(r.executor, volunteers.executor), seen_at = r.at
    from ${rows} where id = r.volunteer and (volunteers.state <> 'banned' or r.state = 'banned')`.execute(trx);
};

/** A volunteer that never had work is forgotten so long after leaving: its brief leases have ended by then. */
const GONE_MS = 60_000;

export const forgotten = on('VolunteerLost', (trx, logged) => {
  const before = Math.max(...logged.map(({ event }) => event.at)) - GONE_MS;
  return sql`
    delete from volunteers where state = 'gone' and accepted_count = 0 and rejected_count = 0 and seen_at < ${before}
      and not exists (select from leases where leases.volunteer = volunteers.id)`.execute(trx);
});
