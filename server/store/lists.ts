import type {
  ContributionResource,
  HistoryPoint,
  LeaseResource,
  List,
  VolunteerResource,
} from '@pathfold/protocol/resources';
import { type Kysely, type Selectable, sql } from 'kysely';
import { type Activity, type ActivityQuery, readActivity } from './activity.ts';
import { type Page, pageOf } from './page.ts';
import type { Tables } from './schema.ts';

export interface Scores {
  /** The newest point that was scored; null before. */
  readonly scored: HistoryPoint | null;
  readonly trainLoss: number | null;
  /** When the last point was written, in milliseconds since 1970; 0 when there is none. */
  readonly newest: number;
}

/** Volunteer and run of a contribution. */
export interface Unfolded {
  readonly lease: string;
  readonly volunteer: string;
  readonly run: string;
}

/** The rows of the HTTP lists, newest first. */
export interface Lists {
  /** The leases of a run that are held now. */
  leases(run: string, page: Page): Promise<List<LeaseResource>>;
  contributions(of: { run: string } | { volunteer: string }, page: Page): Promise<List<ContributionResource>>;
  /** The contribution of a lease, also when the lease has ended. */
  contribution(lease: string): Promise<ContributionResource | null>;
  /** The contributions that were checked and that a fold may still take, the newest `limit` of them. */
  unfolded(limit: number): Promise<Unfolded[]>;
  /** Volunteers that held a lease of this run, or all of them. */
  volunteers(of: { run: string } | null, page: Page): Promise<List<VolunteerResource>>;
  volunteer(id: string): Promise<VolunteerResource | null>;
  /**
   * Leases of a run that were held at some time since then, by time of their grant, and their volunteers; with `waiting`
   * also whoever waits for work now. Looks at the newest `most` leases, and at no more volunteers than that.
   */
  activity(of: ActivityQuery): Promise<Activity>;
  /**
   * By round; with `since` (milliseconds since 1970) only points that were written after it. Of many, some at even
   * distances and the newest, of those that were scored and of the others.
   */
  history(run: string, since?: number): Promise<HistoryPoint[]>;
  /** Figures of the newest points of a run. */
  scores(run: string): Promise<Scores>;
}

/** Most points of one kind in one answer. */
const MOST_POINTS = 500;

const iso = (ms: number) => new Date(ms).toISOString();

const leaseOf = (row: Selectable<Tables['leases']>): LeaseResource => ({
  id: row.id,
  kind: row.kind,
  key: row.key,
  volunteer: row.volunteer,
  grantedAt: iso(row.granted_at),
  durationMs: row.duration_ms,
  steps: row.steps,
});

const contributionOf = (row: Selectable<Tables['contributions']>): ContributionResource => ({
  lease: row.lease,
  run: row.run,
  kind: row.kind,
  volunteer: row.volunteer,
  state: row.state as ContributionResource['state'],
  reason: row.reason,
  executor: JSON.parse(row.executor) as ContributionResource['executor'],
  steps: row.steps,
  tokens: row.tokens,
  bytes: row.bytes,
  downloadedBytes: { peers: row.bytes_from_peers, coordinator: row.bytes_from_coordinator },
  sha256: row.sha256 || null,
  receivedAt: iso(row.received_at),
  staleness: row.staleness,
  ageMs: row.age_ms,
  share: row.share,
});

const volunteerOf = (row: Selectable<Tables['volunteers']>): VolunteerResource => ({
  id: row.id,
  name: row.name,
  agent: row.agent,
  state: row.state as VolunteerResource['state'],
  executor: row.executor ? (JSON.parse(row.executor) as VolunteerResource['executor']) : null,
  credit: row.credit,
  acceptedCount: row.accepted_count,
  rejectedCount: row.rejected_count,
  seenAt: iso(row.seen_at),
});

/** Null also where it is more than a number can be: volunteers told the loss. */
function perplexityOf(loss: number | null): number | null {
  const perplexity = loss === null ? null : Math.exp(loss);
  return Number.isFinite(perplexity) ? perplexity : null;
}

const pointOf = (row: Selectable<Tables['points']>): HistoryPoint => ({
  round: row.round,
  time: iso(row.time),
  tokens: row.tokens,
  trainLoss: row.train_loss,
  validLoss: row.valid_loss,
  validBitsPerByte: row.valid_bits_per_byte,
  perplexity: perplexityOf(row.valid_loss),
  uploadBytes: row.upload_bytes,
  downloadBytes: row.download_bytes,
  peerBytes: row.peer_bytes,
  volunteerCount: row.volunteer_count,
});

/** `catchUp`: brings the tables up to the log. */
export const listsOf = (db: Kysely<Tables>, catchUp: () => Promise<void>): Lists => ({
  leases: async (run, page) => {
    await catchUp();
    const open = db.selectFrom('leases').selectAll().where('run', '=', run).where('ended_at', 'is', null);
    return pageOf(
      page,
      ({ before, limit }) => open.where('seq', '<', before).orderBy('seq', 'desc').limit(limit).execute(),
      leaseOf,
    );
  },
  contributions: async (of, page) => {
    await catchUp();
    const all = db.selectFrom('contributions').selectAll();
    const some = 'run' in of ? all.where('run', '=', of.run) : all.where('volunteer', '=', of.volunteer);
    return pageOf(
      page,
      ({ before, limit }) => some.where('seq', '<', before).orderBy('seq', 'desc').limit(limit).execute(),
      contributionOf,
    );
  },
  async contribution(lease) {
    await catchUp();
    const row = await db.selectFrom('contributions').selectAll().where('lease', '=', lease).executeTakeFirst();
    return row ? contributionOf(row) : null;
  },
  async unfolded(limit) {
    await catchUp();
    // A contribution without bytes is settled at once.
    const checked = db
      .selectFrom('contributions')
      .select(['lease', 'volunteer', 'run'])
      .where('state', '=', 'checked')
      .where('reason', 'is', null)
      .where('sha256', '<>', '');
    return checked.orderBy('seq', 'desc').limit(limit).execute();
  },
  volunteers: async (of, page) => {
    await catchUp();
    const all = db.selectFrom('volunteers').selectAll();
    const some = of
      ? all.where('id', 'in', db.selectFrom('leases').select('volunteer').where('run', '=', of.run))
      : all;
    return pageOf(
      page,
      ({ before, limit }) => some.where('seq', '<', before).orderBy('seq', 'desc').limit(limit).execute(),
      volunteerOf,
    );
  },
  async volunteer(id) {
    await catchUp();
    const row = await db.selectFrom('volunteers').selectAll().where('id', '=', id).executeTakeFirst();
    return row ? volunteerOf(row) : null;
  },
  async activity(of) {
    await catchUp();
    return readActivity(db, of);
  },
  async history(run, since) {
    await catchUp();
    if (since === Number.POSITIVE_INFINITY) return [];
    const { rows } = await sql<Selectable<Tables['points']>>`
      select * from (
        select *, row_number() over kinds - 1 as place, count(*) over (partition by valid_loss is null) as count
        from points where run = ${run} and time > ${since ?? -1}
        window kinds as (partition by valid_loss is null order by round desc)) as p
      where place % ((count + ${MOST_POINTS - 1}) / ${MOST_POINTS}) = 0 order by round`.execute(db);
    return rows.map(pointOf);
  },
  async scores(run) {
    await catchUp();
    const points = db.selectFrom('points').where('run', '=', run);
    const last = points.orderBy('round', 'desc').limit(1);
    const [scored, trained, newest] = await Promise.all([
      last.selectAll().where('valid_bits_per_byte', 'is not', null).executeTakeFirst(),
      last.select('train_loss').where('train_loss', 'is not', null).executeTakeFirst(),
      points.select(({ fn }) => fn.max('time').as('time')).executeTakeFirst(),
    ]);
    return {
      scored: scored ? pointOf(scored) : null,
      trainLoss: trained?.train_loss ?? null,
      newest: newest?.time ?? 0,
    };
  },
});
