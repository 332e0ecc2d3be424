import type { ContributionResource } from '@pathfold/protocol/resources';
import { type Kysely, sql } from 'kysely';
import type { Tables } from './schema.ts';

/** A lease of the window, with what became of it. Times are milliseconds since 1970. */
export interface ActivityLease {
  readonly volunteer: string;
  readonly kind: string;
  readonly key: string;
  readonly grantedAt: number;
  readonly endedAt: number | null;
  readonly endCode: string | null;
  readonly receivedAt: number | null;
  /** State of its contribution; null when there is none. */
  readonly state: ContributionResource['state'] | null;
  readonly reason: string | null;
  readonly tokens: number;
  /** As the volunteer says. */
  readonly computeMs: number;
  readonly staleness: number | null;
}

export interface ActivityVolunteer {
  readonly id: string;
  readonly name: string;
  readonly state: string;
  /** Its last change of state: of one that waits, since when. */
  readonly seenAt: number;
}

export interface Activity {
  /** From when on all leases were read: as asked for, or later where there are more than that. */
  readonly since: number;
  readonly leases: readonly ActivityLease[];
  readonly volunteers: readonly ActivityVolunteer[];
  /** When leases of other runs were granted since then, by volunteer. */
  readonly elsewhere: ReadonlyMap<string, readonly number[]>;
}

/** The run whose activity is asked for, and from when on. `most`: leases to read of it, and of the others, at most. */
export interface ActivityQuery {
  readonly run: string;
  readonly others: readonly string[];
  readonly since: number;
  readonly most: number;
  readonly waiting: boolean;
}

/** No lease is granted for longer: one of a part has twenty of the longest deadlines that a run may set. */
const LONGEST_LEASE_MS = 20 * 86_400_000;

export async function readActivity(
  db: Kysely<Tables>,
  { run, others, since: asked, most, waiting }: ActivityQuery,
): Promise<Activity> {
  const newest = db
    .selectFrom('leases')
    .where('run', '=', run)
    .where('granted_at', '>=', asked - LONGEST_LEASE_MS)
    .orderBy('granted_at', 'desc');
  const oldest = await newest
    .select('granted_at')
    .offset(most - 1)
    .limit(1)
    .executeTakeFirst();
  const since = Math.max(asked, oldest?.granted_at ?? asked);
  const rows = await db
    .selectFrom(newest.selectAll().limit(most).as('held'))
    .leftJoin('contributions as c', 'c.lease', 'held.id')
    .select(['held.volunteer', 'held.kind', 'held.key', 'held.granted_at', 'held.ended_at', 'held.end_code'])
    .select(['c.received_at', 'c.state', 'c.reason', 'c.tokens', 'c.staleness', 'c.compute_ms'])
    .where((eb) => eb.or([eb('held.ended_at', 'is', null), eb('held.ended_at', '>=', since)]))
    .orderBy('held.granted_at')
    .execute();
  const held = [...new Set(rows.map(({ volunteer }) => volunteer))];
  const volunteers = await db
    .selectFrom('volunteers')
    .select(['id', 'name', 'state', 'seen_at'])
    .where((eb) => eb.or([sql<boolean>`id = any(${held}::text[])`, ...(waiting ? [eb('state', '=', 'waiting')] : [])]))
    .orderBy('seen_at', 'desc')
    .limit(most)
    .execute();
  const grants = await db
    .selectFrom('leases')
    .select(['volunteer', 'granted_at'])
    .where(sql<boolean>`run = any(${others}::text[])`)
    .where('granted_at', '>=', since)
    .where(sql<boolean>`volunteer = any(${held}::text[])`)
    .limit(most)
    .execute();
  const elsewhere = new Map<string, number[]>();
  for (const { volunteer, granted_at: at } of grants)
    elsewhere.set(volunteer, [...(elsewhere.get(volunteer) ?? []), at]);
  return {
    since,
    elsewhere,
    leases: rows.map((row) => ({
      volunteer: row.volunteer,
      kind: row.kind,
      key: row.key,
      grantedAt: row.granted_at,
      endedAt: row.ended_at,
      endCode: row.end_code,
      receivedAt: row.received_at,
      state: row.state as ActivityLease['state'],
      reason: row.reason,
      tokens: row.tokens ?? 0,
      computeMs: row.compute_ms ?? 0,
      staleness: row.staleness,
    })),
    volunteers: volunteers.map(({ seen_at: seenAt, ...volunteer }) => ({ ...volunteer, seenAt })),
  };
}
