import type { ActivityResource } from '@pathfold/protocol/resources';

/** A lease of the window, with what became of it. Times are milliseconds since 1970. */
export interface ActivityLease {
  readonly volunteer: string;
  readonly grantedAt: number;
  readonly endedAt: number | null;
  readonly receivedAt: number | null;
  /** Of its contribution; null when there is none. */
  readonly state: string | null;
  readonly tokens: number;
  readonly staleness: number | null;
}

export interface ActivityVolunteer {
  readonly id: string;
  readonly name: string;
  readonly state: string;
  readonly seenAt: number;
}

/** Columns of the timeline. */
const COLUMNS = 60;
const MARKS = { useful: 'c', computing: 'w', lost: 'x', idle: 'i', absent: '.' } as const;
type What = Exclude<keyof typeof MARKS, 'absent'>;

interface Span {
  readonly from: number;
  readonly to: number;
  readonly what: What;
}

function spanOf({ grantedAt, endedAt, receivedAt, state }: ActivityLease, now: number): Span {
  const isLost = state === 'rejected' || (state === null && endedAt !== null);
  const isOpen = state === null || state === 'received';
  const what = isLost ? 'lost' : isOpen ? 'computing' : 'useful';
  return { from: grantedAt, to: receivedAt ?? endedAt ?? now, what };
}

/** The leases of a volunteer in their order, and between them, and until it was last here, idle time. */
function spansOf(leases: readonly ActivityLease[], volunteer: ActivityVolunteer | undefined, now: number): Span[] {
  const spans: Span[] = [];
  let end: number | null = null;
  for (const lease of leases) {
    const span = spanOf(lease, now);
    if (end !== null && span.from > end) spans.push({ from: end, to: span.from, what: 'idle' });
    spans.push(span);
    end = Math.max(end ?? 0, span.to);
  }
  const isHere = volunteer?.state === 'working' || volunteer?.state === 'waiting';
  const until = isHere ? now : (volunteer?.seenAt ?? 0);
  if (end !== null && until > end) spans.push({ from: end, to: until, what: 'idle' });
  return spans;
}

/** What fills most of each column. */
function rowOf(spans: readonly Span[], from: number, to: number): string {
  const width = (to - from) / COLUMNS;
  const columns = Array.from({ length: COLUMNS }, () => ({ useful: 0, computing: 0, lost: 0, idle: 0 }));
  for (const span of spans) {
    const first = Math.max(0, Math.floor((span.from - from) / width));
    for (let i = first; i < COLUMNS && from + i * width < span.to; i++) {
      const overlap = Math.min(span.to, from + (i + 1) * width) - Math.max(span.from, from + i * width);
      columns[i]![span.what] += Math.max(0, overlap);
    }
  }
  return columns
    .map((times) => {
      const [what, most] = Object.entries(times).reduce((a, b) => (b[1] > a[1] ? b : a));
      return most > 0 ? MARKS[what as What] : MARKS.absent;
    })
    .join('');
}

/** How often each value occurs, in ascending order. */
function histogram(values: readonly number[]): { value: number; count: number }[] {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].map(([value, count]) => ({ value, count })).sort((a, b) => a.value - b.value);
}

/** Who computed what when in the window [from, now]: `leases` by time of their grant. */
export function activityOf(
  leases: readonly ActivityLease[],
  volunteers: readonly ActivityVolunteer[],
  from: number,
  now: number,
): ActivityResource {
  const byId = new Map(volunteers.map((volunteer) => [volunteer.id, volunteer]));
  const own = new Map<string, ActivityLease[]>();
  for (const lease of leases) own.set(lease.volunteer, [...(own.get(lease.volunteer) ?? []), lease]);
  const total = { useful: 0, computing: 0, lost: 0, idle: 0 };
  const rows = [...own].map(([id, mine]) => {
    const spans = spansOf(mine, byId.get(id), now);
    const times = { useful: 0, computing: 0, lost: 0, idle: 0 };
    for (const span of spans) times[span.what] += Math.max(0, Math.min(span.to, now) - Math.max(span.from, from));
    for (const what of Object.keys(times) as What[]) total[what] += times[what];
    const came = mine.filter(({ receivedAt, state }) => receivedAt !== null && state !== 'rejected');
    const took = came.reduce((sum, { grantedAt, receivedAt }) => sum + receivedAt! - grantedAt, 0);
    const tokens = came.reduce((sum, lease) => sum + lease.tokens, 0);
    return {
      id,
      name: byId.get(id)?.name ?? '',
      row: rowOf(spans, from, now),
      usefulMs: times.useful,
      lentMs: times.useful + times.lost + times.idle,
      tokensPerSecond: took > 0 ? (1000 * tokens) / took : null,
    };
  });
  const lent = total.useful + total.lost + total.idle;
  const speeds = rows.flatMap(({ tokensPerSecond }) =>
    tokensPerSecond !== null && tokensPerSecond > 0 ? [2 ** Math.floor(Math.log2(tokensPerSecond))] : [],
  );
  return {
    from: new Date(from).toISOString(),
    to: new Date(now).toISOString(),
    utilisation: lent > 0 ? total.useful / lent : null,
    volunteers: rows.sort((a, b) => b.lentMs - a.lentMs || (a.id < b.id ? -1 : 1)),
    staleness: histogram(leases.flatMap(({ staleness }) => (staleness === null ? [] : [staleness]))),
    speeds: histogram(speeds),
  };
}
