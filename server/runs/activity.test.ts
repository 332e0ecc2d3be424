import { expect, test } from 'vitest';
import { type ActivityLease, activityOf } from './activity.ts';

const MINUTE = 60_000;
const lease = (
  volunteer: string,
  from: number,
  to: number | null,
  more: Partial<ActivityLease> = {},
): ActivityLease => ({
  ...{ volunteer, grantedAt: from * MINUTE, endedAt: to === null ? null : to * MINUTE },
  ...{ receivedAt: to === null ? null : to * MINUTE, state: to === null ? null : 'folded', tokens: 6000, staleness: 0 },
  ...more,
});
const here = (id: string) => ({ id, name: id, state: 'working', seenAt: 0 });

test('the timeline tells what was useful, lost and idle, a column a minute', () => {
  const lost = { receivedAt: null, state: null };
  const leases = [lease('a', 0, 10), lease('a', 12, 20), lease('a', 20, 30, lost), lease('a', 30, null)];
  const { volunteers, utilisation } = activityOf(leases, [here('a')], 0, 60 * MINUTE);
  expect(volunteers[0]).toMatchObject({
    row: `${'c'.repeat(10)}ii${'c'.repeat(8)}${'x'.repeat(10)}${'w'.repeat(30)}`,
    usefulMs: 18 * MINUTE,
    lentMs: 30 * MINUTE,
  });
  expect(utilisation).toBeCloseTo(18 / 30, 12);
});

test('what was handed in counts only when it has passed its check', () => {
  const states = ['received', 'checked', 'rejected'].map((state, i) => lease('a', 20 * i, 20 * (i + 1), { state }));
  const { volunteers, utilisation } = activityOf(states, [here('a')], 0, 60 * MINUTE);
  expect(volunteers[0]!.row).toBe(['w', 'c', 'x'].map((mark) => mark.repeat(20)).join(''));
  expect(utilisation).toBeCloseTo(1 / 2, 12);
});

test('who has gone is idle until it was last heard, and absent then', () => {
  const gone = { id: 'a', name: 'a', state: 'gone', seenAt: 20 * MINUTE };
  const { volunteers } = activityOf([lease('a', 0, 10)], [gone], 0, 60 * MINUTE);
  expect(volunteers[0]!.row).toBe(`${'c'.repeat(10)}${'i'.repeat(10)}${'.'.repeat(40)}`);
});

test('a thousand volunteers come as a thousand short rows; histograms of staleness and speed', () => {
  const leases = Array.from({ length: 1000 }, (_, i) =>
    lease(`v${i}`, 0, 1, { staleness: i % 3, tokens: i % 2 === 0 ? 6000 : 60_000 }),
  );
  const activity = activityOf(
    leases,
    leases.map(({ volunteer }) => here(volunteer)),
    0,
    60 * MINUTE,
  );
  expect(activity.volunteers).toHaveLength(1000);
  expect(JSON.stringify(activity).length).toBeLessThan(250_000);
  expect(activity.staleness).toEqual([
    { value: 0, count: 334 },
    { value: 1, count: 333 },
    { value: 2, count: 333 },
  ]);
  expect(activity.speeds).toEqual([
    { value: 64, count: 500 },
    { value: 512, count: 500 },
  ]);
});

test('nothing yet', () => {
  expect(activityOf([], [], 0, 1000)).toMatchObject({ utilisation: null, volunteers: [], staleness: [], speeds: [] });
});
