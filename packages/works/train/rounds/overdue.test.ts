import { only } from '@pathfold/coordination/coordinator/table.fixture';
import { expect, test } from 'vitest';
import { train } from '../async.fixture.ts';
import { SPEED, tableWith } from '../plan.fixture.ts';
import { overdueAt } from '../state.ts';
import { nextOverdue } from './overdue.ts';

test('the next overdue time is that of the leases that are open, whatever ended, began or passed', () => {
  const table = tableWith({ replicas: 3, quorum: 1 }, [2]);
  const state = train(table);
  const scanned = (now: number) =>
    Object.values(state.leases).reduce((first, lease) => {
      const at = overdueAt(lease);
      return at > now ? Math.min(first, at) : first;
    }, Number.POSITIVE_INFINITY);
  const leases: string[] = [];
  for (const [i, speed] of [SPEED, SPEED / 2, SPEED * 2].entries()) {
    leases.push(only(table.join(`v${i}`, speed, `v${i}`), 'LeaseGranted')[0]!.lease);
    expect(nextOverdue(state, table.now)).toBe(scanned(table.now));
  }
  expect(new Set(Object.values(state.leases).map(overdueAt)).size).toBeGreaterThan(1);
  const first = leases.find((lease) => overdueAt(state.leases[lease]!) === scanned(table.now))!;
  table.take({ type: 'VolunteerBanned', volunteer: table.state.leases[first]!.volunteer });
  expect(state.leases[first]).toBeUndefined();
  expect(nextOverdue(state, table.now)).toBe(scanned(table.now));
});
