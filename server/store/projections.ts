import type { CoordinatorEvent, CoordinatorEventOf } from '@pathfold/coordination/events';
import type { Figures } from '@pathfold/coordination/work-plan';
import { ERRORS } from '@pathfold/protocol/errors';
import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { Tables } from './schema.ts';

export interface LoggedEvent {
  readonly seq: number;
  readonly event: CoordinatorEvent;
}

type Logged<T extends CoordinatorEvent['type']> = { readonly seq: number; readonly event: CoordinatorEventOf<T> };
type Write = (trx: Kysely<Tables>, logged: readonly LoggedEvent[]) => Promise<void>;

// PostgreSQL's text cannot hold NUL, nor its JSON a lone surrogate.
const UNSTORABLE = /[\0\ud800-\udfff]/;
const storable = (_key: string, value: unknown): unknown =>
  typeof value === 'string' && UNSTORABLE.test(value) ? Buffer.from(value.replaceAll('\0', '')).toString() : value;

/** Rows as a table expression: one parameter, however many rows. */
const rowsOf = (rows: readonly object[], columns: string): RawBuilder<unknown> =>
  sql`json_to_recordset(${JSON.stringify(rows, storable)}::json) as r (${sql.raw(columns)})`;

/** A writer that gets all events of one type at once, and is not called when there are none. */
const on = <T extends CoordinatorEvent['type']>(
  type: T,
  write: (trx: Kysely<Tables>, logged: Logged<T>[]) => Promise<unknown>,
): Write => {
  return async (trx, logged) => {
    const mine = logged.filter((one): one is Logged<T> => one.event.type === type);
    if (mine.length > 0) await write(trx, mine);
  };
};

const started = on('CoordinatorStarted', (trx) =>
  trx.updateTable('volunteers').set({ state: 'gone' }).where('state', 'in', ['working', 'waiting', 'away']).execute(),
);

const joined = on('VolunteerJoined', (trx, logged) => {
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
const states: Write = async (trx, logged) => {
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

const granted = on('LeaseGranted', (trx, logged) => {
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

const endLeases = (trx: Kysely<Tables>, ends: readonly { lease: string; at: number; code?: string }[]) =>
  sql`
    update leases set ended_at = r.at, end_code = r.code
    from ${rowsOf(ends, 'lease text, at bigint, code text')} where id = r.lease and ended_at is null`.execute(trx);

const ended = on('LeaseEnded', (trx, logged) =>
  endLeases(
    trx,
    logged.map(({ event }) => event),
  ),
);

/** A sum of what strangers say, which no column and no reader may overflow at. */
const saturated = (sum: string) => sql.raw(`least(${sum}, ${Number.MAX_SAFE_INTEGER})`);

const received = on('ContributionReceived', async (trx, logged) => {
  const last = new Map(
    logged.map(({ seq, event: { report, ...event } }) => {
      const { steps, tokens, computeMs, executor, downloadedBytes } = report;
      const row = {
        seq,
        ...event,
        steps,
        tokens,
        computeMs,
        executor: JSON.stringify(executor),
        peers: downloadedBytes.peers,
        down: downloadedBytes.coordinator,
      };
      return [event.lease, row];
    }),
  );
  const values = [...last.values()];
  const columns =
    'lease text, seq bigint, at bigint, sha256 text, bytes bigint, peers bigint, down bigint, steps bigint, ' +
    'tokens bigint, "computeMs" float8, executor text';
  await sql`
    insert into contributions
      (lease, seq, run, kind, volunteer, state, executor, steps, tokens, bytes, bytes_from_peers,
      bytes_from_coordinator, sha256, received_at, compute_ms)
    select r.lease, r.seq, run, kind, volunteer, 'received', executor, r.steps, tokens, bytes, peers, down, sha256, r.at,
      "computeMs"
    from ${rowsOf(values, columns)} join leases on leases.id = r.lease
    on conflict (lease) do update set state = 'received', reason = null, sha256 = excluded.sha256,
      bytes = excluded.bytes, bytes_from_peers = excluded.bytes_from_peers,
      bytes_from_coordinator = excluded.bytes_from_coordinator, steps = excluded.steps, tokens = excluded.tokens,
      compute_ms = excluded.compute_ms`.execute(trx);
  await sql`
    insert into traffic (run, upload_bytes, download_bytes)
    select run, ${saturated('sum(bytes)')}, ${saturated('sum(down)')} from ${rowsOf(values, 'lease text, bytes bigint, down bigint')}
      join leases on leases.id = r.lease group by run
    on conflict (run) do update set
      upload_bytes = ${saturated('traffic.upload_bytes::numeric + excluded.upload_bytes')},
      download_bytes = ${saturated('traffic.download_bytes::numeric + excluded.download_bytes')}`.execute(trx);
});

const setStates = (trx: Kysely<Tables>, values: readonly { lease: string; state: string; reason?: string }[]) =>
  sql`
    update contributions set state = r.state, reason = r.reason
    from ${rowsOf(values, 'lease text, state text, reason text')} where contributions.lease = r.lease`.execute(trx);

const checked = on('ContributionChecked', (trx, logged) =>
  setStates(
    trx,
    logged.map(({ event }) => ({ lease: event.lease, state: 'checked' })),
  ),
);

const rejected = on('ContributionRejected', async (trx, logged) => {
  const values = logged.map(({ event: { lease, code, detail, at } }) => {
    return { lease, at, code, state: 'rejected', reason: `${code}: ${detail}` };
  });
  await setStates(trx, values);
  await endLeases(trx, values);
  await sql`
    update volunteers set rejected_count = rejected_count + added.count
    from (select volunteer, count(*) from ${rowsOf(values, 'lease text')}
      join leases on leases.id = r.lease group by volunteer) as added
    where id = added.volunteer`.execute(trx);
});

const accepted = on('ContributionAccepted', async (trx, logged) => {
  const values = logged.map(({ event }) => event);
  await endLeases(trx, values);
  await sql`
    update volunteers set accepted_count = accepted_count + added.count, credit = volunteers.credit + added.credit
    from (select volunteer, count(*), sum(r.credit) as credit from ${rowsOf(values, 'lease text, credit float8')}
      join leases on leases.id = r.lease group by volunteer) as added
    where id = added.volunteer`.execute(trx);
});

const REFUTED = { state: 'rejected', reason: `refuted: ${ERRORS.refuted.what}` };

const withdrawn = on('CreditWithdrawn', async (trx, logged) => {
  const values = logged.map(({ event }) => event);
  const told = values.flatMap(({ lease }) => (lease === undefined ? [] : [{ lease, ...REFUTED }]));
  if (told.length > 0) await setStates(trx, told);
  await sql`
    update volunteers set credit = volunteers.credit - taken.credit
    from (select volunteer, sum(r.credit) as credit from ${rowsOf(values, 'volunteer text, credit float8')}
      group by volunteer) as taken
    where id = taken.volunteer`.execute(trx);
});

/** The outcome of a brief lease is in the volunteer's record like any other work. */
const briefEnded = on('BriefLeaseEnded', async (trx, logged) => {
  const values = logged.map(({ seq, event: { code, detail, ...event } }) => {
    const state = code === null ? 'checked' : 'rejected';
    return { seq, ...event, state, reason: code === null ? null : `${code}: ${detail}` };
  });
  const rows = rowsOf(
    values,
    'seq bigint, lease text, run text, kind text, volunteer text, tokens bigint, credit float8, at bigint, state text, ' +
      'reason text',
  );
  await sql`
    insert into contributions
      (lease, seq, run, kind, volunteer, state, reason, executor, steps, tokens, bytes, sha256, received_at)
    select lease, seq, run, kind, volunteer, state, reason, 'null', tokens, tokens, 0, '', at from ${rows}
    on conflict (lease) do nothing`.execute(trx);
  await sql`
    update volunteers set accepted_count = accepted_count + added.accepted,
      rejected_count = rejected_count + added.rejected, credit = volunteers.credit + added.credit
    from (select volunteer, count(*) filter (where state = 'checked') as accepted,
        count(*) filter (where state = 'rejected') as rejected, sum(credit) as credit
      from ${rows} group by volunteer) as added
    where id = added.volunteer`.execute(trx);
});

const foldBegun = on('FoldBegun', (trx, logged) => {
  const folds = new Map<string, { run: string; kind: string; key: string; leases: string[] }>();
  for (const { event } of logged) {
    const { run, kind, fold } = event;
    const id = JSON.stringify([run, kind, fold.key]);
    folds.set(id, { run, kind, key: fold.key, leases: [...(folds.get(id)?.leases ?? []), ...fold.contributions] });
  }
  const values = [...folds.values()].map(({ leases, ...fold }) => ({ ...fold, leases: JSON.stringify(leases) }));
  return sql`
    insert into folds (run, kind, key, leases)
    select run, kind, key, leases from ${rowsOf(values, 'run text, kind text, key text, leases text')}
    on conflict (run, kind, key) do update set leases = excluded.leases`.execute(trx);
});

const counted = on('FoldBegun', async (trx, logged) => {
  const values = logged.flatMap(({ event }) => event.fold.counted ?? []);
  if (values.length === 0) return;
  const columns = 'lease text, staleness bigint, "ageMs" float8, share float8';
  await sql`
    update contributions set staleness = greatest(contributions.staleness, r.staleness), age_ms = r."ageMs", share = r.share
    from (select lease, max(staleness) as staleness, max("ageMs") as "ageMs", min(share) as share
      from ${rowsOf(values, columns)} group by lease) as r where contributions.lease = r.lease`.execute(trx);
});

const foldEnded = on('FoldEnded', async (trx, logged) => {
  const rows = rowsOf(
    logged.map(({ event: { run, kind, fold } }) => ({ run, kind, fold })),
    'run text, kind text, fold text',
  );
  await sql`
    with over as (
      delete from folds using ${rows}
      where folds.run = r.run and folds.kind = r.kind and folds.key = r.fold returning folds.leases)
    update contributions set state = 'folded'
    where state <> 'rejected' and lease in (select json_array_elements_text(over.leases::json) from over)`.execute(trx);
  const points = new Map<string, Figures & { run: string; at: number }>();
  for (const { event } of logged) {
    const { figures } = event.output;
    if (!figures) continue;
    const key = JSON.stringify([event.run, figures.round]);
    points.set(key, { ...points.get(key), ...figures, run: event.run, at: event.at });
  }
  if (points.size > 0) await writePoints(trx, [...points.values()]);
});

/** Its contributions stay as they are: some may go into the next fold. */
const foldRefused = on('FoldRefused', async (trx, logged) => {
  for (const { event } of logged) {
    const { run, kind, fold } = event;
    await trx.deleteFrom('folds').where('run', '=', run).where('kind', '=', kind).where('key', '=', fold).execute();
  }
});

/** Fields that are absent keep the value that they have at that round. */
const writePoints = (trx: Kysely<Tables>, points: readonly object[]) => {
  const columns =
    'run text, round bigint, at bigint, tokens bigint, "trainLoss" float8, "validLoss" float8, "validBitsPerByte" float8';
  return sql`
    insert into points (run, round, time, tokens, train_loss, valid_loss, valid_bits_per_byte, upload_bytes,
      download_bytes, volunteer_count)
    select r.run, round, at,
      coalesce(tokens, (select max(tokens) from points p where p.run = r.run and p.round <= r.round), 0),
      "trainLoss", "validLoss", "validBitsPerByte", coalesce(upload_bytes, 0), coalesce(download_bytes, 0),
      (select count(*) from volunteers where state in ('working', 'waiting') and exists (
        select from leases where leases.run = r.run and volunteer = volunteers.id
          and (ended_at is null or volunteers.state = 'waiting')))
    from ${rowsOf(points, columns)} left join traffic on traffic.run = r.run
    on conflict (run, round) do update set time = excluded.time, tokens = greatest(points.tokens, excluded.tokens),
      train_loss = coalesce(excluded.train_loss, points.train_loss),
      valid_loss = coalesce(excluded.valid_loss, points.valid_loss),
      valid_bits_per_byte = coalesce(excluded.valid_bits_per_byte, points.valid_bits_per_byte),
      upload_bytes = excluded.upload_bytes, download_bytes = excluded.download_bytes,
      volunteer_count = excluded.volunteer_count`.execute(trx);
};

/** The sentence about accepted work that is not folded because the run was taken back. */
export const UNDONE = `${ERRORS.rolled_back.what} It is not part of the model; the credit for it stays.`;

/** Accepted work that is not folded never will be. Later points are of a model that is gone. */
const rolledBack = on('RunRolledBack', async (trx, logged) => {
  for (const { event } of logged) {
    const { run, round, since } = event;
    await trx.deleteFrom('folds').where('run', '=', run).execute();
    await trx
      .updateTable('contributions')
      .set({ reason: `rolled_back: ${UNDONE}` })
      .where('run', '=', run)
      .where('state', '=', 'checked')
      // A contribution without bytes is never folded.
      .where('sha256', '<>', '')
      .execute();
    await trx
      .deleteFrom('points')
      .where('run', '=', run)
      .where('round', '>', round)
      .where('time', '>', since)
      .execute();
  }
});

const deleted = on('RunDeleted', async (trx, logged) => {
  const runs = logged.map(({ event }) => event.run);
  for (const table of ['leases', 'contributions', 'folds', 'points', 'traffic'] as const)
    await trx.deleteFrom(table).where('run', 'in', runs).execute();
});

/** A volunteer that never had work is forgotten so long after leaving: its brief leases have ended by then. */
const GONE_MS = 60_000;

const forgotten = on('VolunteerLost', (trx, logged) => {
  const before = Math.max(...logged.map(({ event }) => event.at)) - GONE_MS;
  return sql`
    delete from volunteers where state = 'gone' and accepted_count = 0 and rejected_count = 0 and seen_at < ${before}
      and not exists (select from leases where leases.volunteer = volunteers.id)`.execute(trx);
});

/** In the order of cause: what one event of a batch writes, a later writer of the same batch may need. */
const WRITES: readonly Write[] = [
  started,
  joined,
  states,
  granted,
  received,
  checked,
  rejected,
  accepted,
  withdrawn,
  briefEnded,
  ended,
  foldBegun,
  counted,
  foldEnded,
  foldRefused,
  rolledBack,
  deleted,
  forgotten,
];

/** Writes what events change in the tables that the lists are read from: up to each rollback, then what comes after it. */
export const project: Write = async (trx, logged) => {
  let first = 0;
  for (const [at, { event }] of logged.entries()) {
    if (event.type !== 'RunRolledBack' && at < logged.length - 1) continue;
    for (const write of WRITES) await write(trx, logged.slice(first, at + 1));
    first = at + 1;
  }
};
