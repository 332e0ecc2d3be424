import type { Figures } from '@pathfold/coordination/work-plan';
import { type Kysely, sql } from 'kysely';
import type { Tables } from '../schema.ts';
import { on, rowsOf } from './writes.ts';

export const foldBegun = on('FoldBegun', (trx, logged) => {
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

export const counted = on('FoldBegun', async (trx, logged) => {
  const values = logged.flatMap(({ event }) => event.fold.counted ?? []);
  if (values.length === 0) return;
  const columns = 'lease text, staleness bigint, "ageMs" float8, share float8';
  await sql`
    update contributions set staleness = greatest(contributions.staleness, r.staleness), age_ms = r."ageMs", share = r.share
    from (select lease, max(staleness) as staleness, max("ageMs") as "ageMs", min(share) as share
      from ${rowsOf(values, columns)} group by lease) as r where contributions.lease = r.lease`.execute(trx);
});

export const foldEnded = on('FoldEnded', async (trx, logged) => {
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
export const foldRefused = on('FoldRefused', async (trx, logged) => {
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
      download_bytes, peer_bytes, volunteer_count)
    select r.run, round, at,
      coalesce(tokens, (select max(tokens) from points p where p.run = r.run and p.round <= r.round), 0),
      "trainLoss", "validLoss", "validBitsPerByte", coalesce(upload_bytes, 0), coalesce(download_bytes, 0),
      coalesce(peer_bytes, 0),
      (select count(*) from volunteers where state in ('working', 'waiting') and exists (
        select from leases where leases.run = r.run and volunteer = volunteers.id
          and (ended_at is null or volunteers.state = 'waiting')))
    from ${rowsOf(points, columns)} left join traffic on traffic.run = r.run
    on conflict (run, round) do update set time = excluded.time, tokens = greatest(points.tokens, excluded.tokens),
      train_loss = coalesce(excluded.train_loss, points.train_loss),
      valid_loss = coalesce(excluded.valid_loss, points.valid_loss),
      valid_bits_per_byte = coalesce(excluded.valid_bits_per_byte, points.valid_bits_per_byte),
      upload_bytes = excluded.upload_bytes, download_bytes = excluded.download_bytes,
      peer_bytes = excluded.peer_bytes,      volunteer_count = excluded.volunteer_count`.execute(trx);
};
