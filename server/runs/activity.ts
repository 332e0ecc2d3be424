import type { ActivityPiece, ActivityResource } from '@pathfold/protocol/resources';
import type { ActivityLease, ActivityVolunteer } from '../store/activity.ts';

/** Columns of the timeline. */
const COLUMNS = 60;
/** Rows that come with their leases. */
const DETAILED_ROWS = 40;
/** Bars of a histogram with one for each value. */
const MOST_SINGLE_BARS = 12;
/** Codes with which a lease ends and work goes on; with others the volunteer has left, its device has, or the run rests. */
const GOES_ON = new Set(['expired', 'round_over', 'replaced']);
const MARKS = { useful: 'c', computing: 'w', lost: 'x', idle: 'i', absent: '.' } as const;
type What = Exclude<keyof typeof MARKS, 'absent'>;

interface Span {
  readonly from: number;
  readonly to: number;
  readonly what: What;
  readonly lease: ActivityLease | null;
}

type LeasedSpan = Span & { readonly lease: ActivityLease };

const overlapOf = (span: Span, from: number, to: number): number =>
  Math.max(0, Math.min(span.to, to) - Math.max(span.from, from));

function spanOf(lease: ActivityLease, now: number): Span {
  const { grantedAt, endedAt, receivedAt, state } = lease;
  const isLost = state === 'rejected' || (state === null && endedAt !== null);
  const isOpen = state === null || state === 'received';
  const what = isLost ? 'lost' : isOpen ? 'computing' : 'useful';
  return { from: grantedAt, to: receivedAt ?? endedAt ?? now, what, lease };
}

const isLast = ({ receivedAt, endCode }: ActivityLease): boolean =>
  receivedAt === null && endCode !== null && !GOES_ON.has(endCode);

/** Computed time of a span: the volunteer's own figure, and no more than passed from grant to arrival. */
const computedPart = ({ from, to, what, lease }: Span): number =>
  what === 'useful' && to > from ? Math.min(1, lease!.computeMs / (to - from)) : 0;

/** Until when a volunteer was here after its last lease, and did nothing. */
function idleUntil(volunteer: ActivityVolunteer | undefined, waiting: boolean, now: number): number {
  // One that works has a lease of another run.
  if (!volunteer || !waiting || volunteer.state === 'working') return 0;
  return volunteer.state === 'waiting' ? now : volunteer.seenAt;
}

/**
 * The leases of a volunteer in their order; between them, and after them while it was here, idle time, unless other runs
 * granted it leases then (`elsewhere`).
 */
function spansOf(
  leases: readonly ActivityLease[],
  elsewhere: readonly number[],
  volunteer: ActivityVolunteer | undefined,
  waiting: boolean,
  now: number,
): Span[] {
  const spans: Span[] = [];
  const idle = (from: number, to: number) => {
    if (to > from && !elsewhere.some((at) => at >= from && at < to))
      spans.push({ from, to, what: 'idle', lease: null });
  };
  let end: number | null = null;
  for (const lease of leases) {
    const span = spanOf(lease, now);
    if (end !== null) idle(end, span.from);
    spans.push(span);
    end = isLast(lease) ? null : Math.max(end ?? 0, span.to);
  }
  const left = end;
  if (left !== null && elsewhere.some((at) => at >= left)) end = null;
  const since = end ?? (volunteer?.state === 'waiting' ? volunteer.seenAt : null);
  if (since !== null) idle(since, idleUntil(volunteer, waiting, now));
  return spans;
}

/** The span that stands for each column: the longest part of what fills most of it. Null where there is nothing. */
function columnsOf(spans: readonly Span[], from: number, to: number): (Span | null)[] {
  const width = (to - from) / COLUMNS;
  const columns = Array.from({ length: COLUMNS }, () => [] as { span: Span; overlap: number }[]);
  for (const span of spans) {
    const first = Math.max(0, Math.floor((span.from - from) / width));
    for (let i = first; i < COLUMNS && from + i * width < span.to; i++)
      columns[i]!.push({ span, overlap: overlapOf(span, from + i * width, from + (i + 1) * width) });
  }
  return columns.map((parts) => {
    if (parts.length < 2) return parts[0]?.span ?? null;
    const times = { useful: 0, computing: 0, lost: 0, idle: 0 };
    for (const { span, overlap } of parts) times[span.what] += overlap;
    const most = Math.max(...Object.values(times));
    const filling = parts.filter(({ span }) => times[span.what] === most);
    return filling.reduce((a, b) => (b.overlap > a.overlap ? b : a)).span;
  });
}

/** The leases that stand for columns. */
function piecesOf(columns: readonly (Span | null)[]): ActivityPiece[] {
  const leased = new Set(columns.filter((span): span is LeasedSpan => Boolean(span?.lease)));
  return [...leased].map((span) => ({
    ...{ first: columns.indexOf(span), last: columns.lastIndexOf(span) },
    ...{ kind: span.lease.kind, key: span.lease.key, state: span.lease.state },
    grantedAt: new Date(span.lease.grantedAt).toISOString(),
    ms: span.to - span.from,
    reason: span.lease.reason ?? (span.lease.state === null ? span.lease.endCode : null),
  }));
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

/** How often each value occurs, in ascending order. */
function histogram(values: readonly number[]): { value: number; count: number }[] {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].map(([value, count]) => ({ value, count })).sort((a, b) => a.value - b.value);
}

/** A bar for each value while they are few, else for 0, 1, 2 to 3, 4 to 7 and so on, from the first to the last. */
function bars(values: readonly number[]): ActivityResource['staleness'] {
  const single = histogram(values);
  if (single.length <= MOST_SINGLE_BARS)
    return single.map(({ value, count }) => ({ least: value, most: value, count }));
  const bucketOf = (value: number) => (value < 1 ? 0 : 1 + Math.floor(Math.log2(value)));
  const buckets: { least: number; most: number; count: number }[] = [];
  for (let i = bucketOf(single[0]!.value); i <= bucketOf(single.at(-1)!.value); i++)
    buckets.push({ least: i === 0 ? 0 : 2 ** (i - 1), most: i === 0 ? 0 : 2 ** i - 1, count: 0 });
  for (const { value, count } of single) buckets.find(({ most }) => value <= most)!.count += count;
  return buckets;
}

/**
 * The work of each volunteer in the window [from, now]. `leases` by time of their grant; `waiting`: the run gives work, so
 * whoever waits lends to it.
 */
export function activityOf(
  activity: {
    readonly leases: readonly ActivityLease[];
    readonly volunteers: readonly ActivityVolunteer[];
    /** When other runs granted it leases, by volunteer. */
    readonly elsewhere: ReadonlyMap<string, readonly number[]>;
    readonly waiting: boolean;
  },
  from: number,
  now: number,
): ActivityResource {
  const { leases, waiting, elsewhere } = activity;
  const byId = new Map(activity.volunteers.map((volunteer) => [volunteer.id, volunteer]));
  const own = new Map<string, ActivityLease[]>([...byId.keys()].map((id) => [id, []]));
  for (const lease of leases) {
    const mine = own.get(lease.volunteer);
    if (mine) mine.push(lease);
    else own.set(lease.volunteer, [lease]);
  }
  const rows = [...own].flatMap(([id, mine]) => {
    const spans = spansOf(mine, elsewhere.get(id) ?? [], byId.get(id), waiting, now).filter(
      (span) => overlapOf(span, from, now) > 0,
    );
    if (spans.length === 0) return [];
    const lent = spans.filter(({ what }) => what !== 'computing').map((span) => overlapOf(span, from, now));
    const came = mine.filter(({ receivedAt, state }) => receivedAt !== null && state !== 'rejected');
    const took = sum(came.map(({ grantedAt, receivedAt }) => receivedAt! - grantedAt));
    return {
      id,
      name: byId.get(id)?.name ?? '',
      columns: columnsOf(spans, from, now),
      usefulMs: sum(spans.map((span) => computedPart(span) * overlapOf(span, from, now))),
      lentMs: sum(lent),
      tokensPerSecond: took > 0 ? (1000 * sum(came.map(({ tokens }) => tokens))) / took : null,
    };
  });
  const lentMs = sum(rows.map((row) => row.lentMs));
  const wastedMs = (row: (typeof rows)[number]) => row.lentMs - row.usefulMs;
  const staleness = leases.flatMap((lease) => (lease.staleness === null ? [] : [lease.staleness]));
  const speeds = rows.flatMap(({ tokensPerSecond }) =>
    tokensPerSecond !== null && tokensPerSecond > 0 ? [2 ** Math.floor(Math.log2(tokensPerSecond))] : [],
  );
  return {
    from: new Date(from).toISOString(),
    to: new Date(now).toISOString(),
    utilisation: lentMs > 0 ? sum(rows.map(({ usefulMs }) => usefulMs)) / lentMs : null,
    volunteers: rows
      .sort((a, b) => wastedMs(b) - wastedMs(a) || (a.id < b.id ? -1 : 1))
      .map(({ columns, ...row }, i) => ({
        ...row,
        row: columns.map((span) => MARKS[span?.what ?? 'absent']).join(''),
        pieces: i < DETAILED_ROWS ? piecesOf(columns) : null,
      })),
    meanStaleness: staleness.length > 0 ? sum(staleness) / staleness.length : null,
    staleness: bars(staleness),
    speeds: histogram(speeds),
  };
}
