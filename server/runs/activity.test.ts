import { expect, test } from 'vitest';
import type { ActivityLease, ActivityVolunteer } from '../store/activity.ts';
import { activityOf } from './activity.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** Handed in at the end and computed all the time, unless told otherwise; under way without an end. */
const lease = (
  volunteer: string,
  from: number,
  to: number | null,
  more: Partial<ActivityLease> = {},
): ActivityLease => ({
  ...{ volunteer, kind: 'train', key: 'path 0 round 1', grantedAt: from * MINUTE, reason: null, staleness: null },
  ...{ endedAt: to === null ? null : to * MINUTE, endCode: null, receivedAt: to === null ? null : to * MINUTE },
  ...{ state: to === null ? null : 'folded', tokens: 6000, computeMs: ((to ?? 0) - from) * MINUTE },
  ...more,
});
const lost = (endCode: string) => ({ receivedAt: null, state: null, endCode });
const here = (id: string, state = 'working', since = 0): ActivityVolunteer => ({
  ...{ id, name: id, state, seenAt: since * MINUTE },
});
const hourOf = (
  leases: ActivityLease[],
  volunteers: ActivityVolunteer[] = [],
  waiting = true,
  elsewhere: ReadonlyMap<string, readonly number[]> = new Map(),
) => activityOf({ leases, volunteers, waiting, elsewhere }, 0, HOUR);
const onlyRow = (...of: Parameters<typeof hourOf>) => hourOf(...of).volunteers[0]!;

test('the timeline tells what was useful, lost and idle, a column a minute', () => {
  const leases = [lease('a', 0, 10), lease('a', 12, 20), lease('a', 20, 30, lost('expired')), lease('a', 30, null)];
  const { volunteers, utilisation } = hourOf(leases, [here('a')]);
  expect(volunteers[0]).toMatchObject({
    row: `${'c'.repeat(10)}ii${'c'.repeat(8)}${'x'.repeat(10)}${'w'.repeat(30)}`,
    usefulMs: 18 * MINUTE,
    lentMs: 30 * MINUTE,
  });
  expect(utilisation).toBeCloseTo(18 / 30, 12);
});

test('a row says what was computed where, and what became of it', () => {
  const rejected = { state: 'rejected', reason: 'not_finite: NaN' } as const;
  const leases = [lease('a', 0, 10), lease('a', 12, 14, rejected), lease('a', 14, 20, lost('expired'))];
  const [first, ...rest] = onlyRow([...leases, lease('a', 20, null)]).pieces!;
  expect(first).toEqual({
    ...{ first: 0, last: 9, kind: 'train', key: 'path 0 round 1', state: 'folded', reason: null },
    ...{ grantedAt: '1970-01-01T00:00:00.000Z', ms: 10 * MINUTE },
  });
  expect(rest).toMatchObject([
    { first: 12, last: 13, state: 'rejected', reason: 'not_finite: NaN' },
    { first: 14, last: 19, state: null, reason: 'expired' },
    { first: 20, last: 59, state: null, reason: null },
  ]);
});

test('what was handed in counts only when it has passed its check', () => {
  const states = (['received', 'checked', 'rejected'] as const).map((state, i) =>
    lease('a', 20 * i, 20 * (i + 1), { state }),
  );
  const { volunteers, utilisation } = hourOf(states, [here('a')]);
  expect(volunteers[0]!.row).toBe(['w', 'c', 'x'].map((mark) => mark.repeat(20)).join(''));
  expect(utilisation).toBeCloseTo(1 / 2, 12);
});

test('useful is the time computed, not the travel, and never more than passed from grant to arrival', () => {
  const slowNet = onlyRow([lease('a', 0, 40, { computeMs: 10 * MINUTE })]);
  expect([slowNet.usefulMs, slowNet.lentMs]).toEqual([10 * MINUTE, 40 * MINUTE]);
  expect(hourOf([lease('liar', 0, 40, { computeMs: 1e10 })]).utilisation).toBe(1);
});

test('a lease longer than the window counts with its part of it', () => {
  const { utilisation, volunteers } = hourOf([lease('a', -60, 30, { computeMs: 45 * MINUTE })]);
  expect(volunteers[0]).toMatchObject({ row: `${'c'.repeat(30)}${'.'.repeat(30)}`, usefulMs: 15 * MINUTE });
  expect(utilisation).toBe(0.5);
  expect(onlyRow([lease('a', -60, null)]).row).toBe('w'.repeat(60));
});

test('who waits without any lease lends its time, unless the run gives no work', () => {
  const waits = here('w', 'waiting', 15);
  const { utilisation, volunteers } = hourOf([lease('a', 0, 15)], [here('a'), waits]);
  expect(volunteers[0]).toMatchObject({ id: 'w', row: `${'.'.repeat(15)}${'i'.repeat(45)}`, lentMs: 45 * MINUTE });
  expect(utilisation).toBe(15 / 60);
  expect(onlyRow([], [here('w', 'waiting', -1000)]).lentMs).toBe(HOUR);
  expect(hourOf([], [waits], false).volunteers).toEqual([]);
  expect(onlyRow([lease('a', 0, 15)], [here('a', 'waiting', 15)], false).lentMs).toBe(15 * MINUTE);
});

test('who has gone is idle until it was last heard and absent then; who works for another run is not idle here', () => {
  expect(onlyRow([lease('a', 0, 10)], [here('a', 'gone', 20)]).row).toBe(
    `${'c'.repeat(10)}${'i'.repeat(10)}${'.'.repeat(40)}`,
  );
  expect(onlyRow([lease('a', 0, 10)], [here('a', 'working', 30)]).lentMs).toBe(10 * MINUTE);
});

test('what a volunteer did for another run is not idle here', () => {
  const leases = [lease('a', 0, 10), lease('a', 20, 30), lease('a', 35, 40)];
  const elsewhere = new Map([['a', [12, 50].map((minute) => minute * MINUTE)]]);
  const { row, lentMs } = onlyRow(leases, [here('a', 'waiting', 55)], true, elsewhere);
  const parts = ['c', 10, '.', 10, 'c', 10, 'i', 5, 'c', 5, '.', 15, 'i', 5] as const;
  expect(row).toBe(parts.map((mark, i) => `${mark}`.repeat(i % 2 === 0 ? Number(parts[i + 1]) : 0)).join(''));
  expect(lentMs).toBe((25 + 5 + 5) * MINUTE);
});

test('who left during a lease is absent until it comes back, as while the run rests; who was told to stop is idle', () => {
  const rowAfter = (endCode: string) => onlyRow([lease('a', 0, 10, lost(endCode)), lease('a', 30, null)]).row;
  expect(rowAfter('silent')).toBe(`${'x'.repeat(10)}${'.'.repeat(20)}${'w'.repeat(30)}`);
  expect(rowAfter('run_paused')).toBe(`${'x'.repeat(10)}${'.'.repeat(20)}${'w'.repeat(30)}`);
  expect(rowAfter('round_over')).toBe(`${'x'.repeat(10)}${'i'.repeat(20)}${'w'.repeat(30)}`);
  const back = [here('a', 'waiting', 50)];
  expect(onlyRow([lease('a', 0, 10, lost('user'))], back).row).toBe(
    `${'x'.repeat(10)}${'.'.repeat(40)}${'i'.repeat(10)}`,
  );
});

test('a thousand volunteers come as a thousand short rows, those that lost the most first and with their leases', () => {
  const leases = Array.from({ length: 10_000 }, (_, i) => {
    const more = i % 100 === 7 ? lost('expired') : { tokens: i % 2 === 0 ? 6000 : 60_000 };
    return lease(`v${i % 1000}`, 6 * Math.floor(i / 1000), 6 * Math.floor(i / 1000) + 6, more);
  });
  const activity = hourOf(leases);
  expect(activity.volunteers).toHaveLength(1000);
  expect(activity.volunteers.filter(({ row }) => row.includes('x'))).toHaveLength(10);
  expect(activity.volunteers.slice(0, 10).every(({ row }) => row === 'x'.repeat(60))).toBe(true);
  expect(activity.volunteers.map(({ pieces }) => pieces?.length)).toEqual([
    ...Array.from({ length: 40 }, () => 10),
    ...Array.from({ length: 960 }, () => undefined),
  ]);
  expect(JSON.stringify(activity).length).toBeLessThan(300_000);
});

test('staleness: each value while they are few, else buckets that double, with no contribution left out', () => {
  const stalenessOf = (values: number[]) => hourOf(values.map((staleness) => lease('a', 0, 1, { staleness })));
  const few = stalenessOf([3, 0, 3, 40]);
  expect(few.meanStaleness).toBe(11.5);
  expect(few.staleness).toEqual([
    { least: 0, most: 0, count: 1 },
    { least: 3, most: 3, count: 2 },
    { least: 40, most: 40, count: 1 },
  ]);
  const values = Array.from({ length: 1000 }, (_, i) => (i < 900 ? i % 300 : 600));
  const many = stalenessOf(values).staleness;
  expect(many.map(({ least, most }) => [least, most])).toEqual([
    ...[
      [0, 0],
      [1, 1],
      [2, 3],
      [4, 7],
      [8, 15],
      [16, 31],
      [32, 63],
      [64, 127],
      [128, 255],
      [256, 511],
    ],
    [512, 1023],
  ]);
  for (const { least, most, count } of many)
    expect(count).toBe(values.filter((value) => value >= least && value <= most).length);
});

test('speed: volunteers by powers of two of tokens a second', () => {
  const leases = Array.from({ length: 10 }, (_, i) => lease(`v${i}`, 0, 1, { tokens: i % 2 === 0 ? 6000 : 60_000 }));
  expect(hourOf(leases).speeds).toEqual([
    { value: 64, count: 5 },
    { value: 512, count: 5 },
  ]);
});

test('nothing yet', () => {
  expect(hourOf([])).toMatchObject({
    ...{ utilisation: null, volunteers: [], meanStaleness: null, staleness: [], speeds: [] },
  });
});
