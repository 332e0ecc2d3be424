import { ERRORS } from '@pathfold/protocol/errors';
import { type Kysely, sql } from 'kysely';
import type { Tables } from '../schema.ts';
import { endLeases } from './leases.ts';
import { on, rowsOf } from './writes.ts';

/** A sum of what strangers say, which no column and no reader may overflow at. */
const saturated = (sum: string) => sql.raw(`least(${sum}, ${Number.MAX_SAFE_INTEGER})`);

export const received = on('ContributionReceived', async (trx, logged) => {
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
    insert into traffic (run, upload_bytes, download_bytes, peer_bytes)
    select run, ${saturated('sum(bytes)')}, ${saturated('sum(down)')}, ${saturated('sum(peers)')}
    from ${rowsOf(values, 'lease text, bytes bigint, down bigint, peers bigint')}
      join leases on leases.id = r.lease group by run
    on conflict (run) do update set
      upload_bytes = ${saturated('traffic.upload_bytes::numeric + excluded.upload_bytes')},
      download_bytes = ${saturated('traffic.download_bytes::numeric + excluded.download_bytes')},
      peer_bytes = ${saturated('traffic.peer_bytes::numeric + excluded.peer_bytes')}`.execute(trx);
});

const setStates = (trx: Kysely<Tables>, values: readonly { lease: string; state: string; reason?: string }[]) =>
  sql`
    update contributions set state = r.state, reason = r.reason
    from ${rowsOf(values, 'lease text, state text, reason text')} where contributions.lease = r.lease`.execute(trx);

export const checked = on('ContributionChecked', (trx, logged) =>
  setStates(
    trx,
    logged.map(({ event }) => ({ lease: event.lease, state: 'checked' })),
  ),
);

export const rejected = on('ContributionRejected', async (trx, logged) => {
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

export const accepted = on('ContributionAccepted', async (trx, logged) => {
  const values = logged.map(({ event }) => event);
  await endLeases(trx, values);
  await sql`
    update volunteers set accepted_count = accepted_count + added.count, credit = volunteers.credit + added.credit
    from (select volunteer, count(*), sum(r.credit) as credit from ${rowsOf(values, 'lease text, credit float8')}
      join leases on leases.id = r.lease group by volunteer) as added
    where id = added.volunteer`.execute(trx);
});

const REFUTED = { state: 'rejected', reason: `refuted: ${ERRORS.refuted.what}` };

export const withdrawn = on('CreditWithdrawn', async (trx, logged) => {
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
export const briefEnded = on('BriefLeaseEnded', async (trx, logged) => {
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
