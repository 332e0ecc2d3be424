import { expect, test } from 'vitest';
import { runFacts } from '../simulator/run-facts.ts';
import { type ToyState, toyPlan } from '../simulator/toy/toy.ts';
import type { WorkPlan } from '../work-plan.ts';
import { only, Table } from './table.fixture.ts';

const isFull = ({ out }: ToyState, most: number): boolean => Object.keys(out).length >= most;

/** A run with so many leases at once. */
function tableOf(most: number): Table {
  const plan: WorkPlan<ToyState> = {
    ...toyPlan,
    open: (state, ...asked) => (isFull(state, most) ? null : toyPlan.open!(state, ...asked)),
    offer: (state, ...asked) => (isFull(state, most) ? null : toyPlan.offer(state, ...asked)),
  };
  const table = new Table([plan as WorkPlan<unknown>], 3_600_000);
  table.create(runFacts('r', [1]), ['toy']);
  return table;
}

const holders = (table: Table): string[] => Object.values(table.state.leases).map(({ volunteer }) => volunteer);

test('who let a lease expire, or gave it back, gets the next one after those who wait; work that is accepted makes good', () => {
  const table = tableOf(1);
  table.join('idler');
  table.wait(30_000);
  table.ready('idler');
  expect(holders(table)).toEqual(['idler']);
  table.join('a');
  table.take({ type: 'LeaseEnded', lease: table.lease('idler'), code: 'user', detail: '' });
  expect(holders(table)).toEqual(['a']);
  table.ready('idler');
  table.join('b');
  const handsOver = (volunteer: string) => {
    const [grant] = only(table.contribute(table.lease(volunteer), 10), 'LeaseGranted');
    return grant?.volunteer;
  };
  expect(handsOver('a')).toBe('b');
  table.ready('a');
  expect(handsOver('b')).toBe('a');
  expect(handsOver('a')).toBe('idler');
  for (const volunteer of ['a', 'b']) table.ready(volunteer);
  expect(handsOver('idler')).toBe('a');
  table.ready('idler');
  table.join('c');
  expect(['a', 'b', 'idler'].map(handsOver)).toEqual(['b', 'idler', 'c']);
});

test('who missed one lease lets one go to another, who missed two lets three; then it is in turn, though others always wait', () => {
  const table = tableOf(1);
  for (const volunteer of ['unlucky', 'near']) table.join(volunteer);
  const misses = () => {
    table.take({ type: 'LeaseEnded', lease: table.lease('unlucky'), code: 'silent', detail: '' });
    table.ready('unlucky');
  };
  const untilItsTurn = () => {
    for (let others = 0; ; others++) {
      if (holders(table)[0] === 'unlucky' || others > 9) return others;
      table.join(`other ${table.state.leaseCount}`);
      table.contribute(table.lease(holders(table)[0]!), 10);
    }
  };
  misses();
  expect(untilItsTurn()).toBe(1);
  misses();
  expect(untilItsTurn()).toBe(3);
  table.contribute(table.lease('unlucky'), 10);
  expect(table.state.volunteers['unlucky']).not.toHaveProperty('standsBackUntil');
});

test('who missed leases is served all the same when nobody else can do the work', () => {
  const table = tableOf(1);
  table.join('idler');
  table.wait(30_000);
  table.take({ type: 'VolunteerBanned', volunteer: 'banned' });
  table.join('banned');
  table.ready('idler');
  expect(holders(table)).toEqual(['idler']);
});

test('what the run takes back is nobody’s miss', () => {
  const table = tableOf(1);
  table.join('a');
  table.take({ type: 'RunStateChanged', run: 'r', state: 'paused', reason: null });
  expect(table.state.volunteers['a']).not.toHaveProperty('missed');
});

test('a network has no more than half of the leases while others wait, and all of them when nobody does', () => {
  const table = tableOf(4);
  table.take({ type: 'RunStateChanged', run: 'r', state: 'paused', reason: null });
  const crowd = Array.from({ length: 8 }, (_, i) => `crowd${i}`);
  for (const volunteer of crowd) table.join(volunteer, 0, 'one place');
  for (const volunteer of ['a', 'b', 'c']) table.join(volunteer, 0, volunteer);
  table.take({ type: 'RunStateChanged', run: 'r', state: 'training', reason: null });
  expect(holders(table)).toEqual(['crowd0', 'a', 'b', 'c']);

  const alone = tableOf(4);
  for (const volunteer of crowd) alone.join(volunteer, 0, 'one place');
  expect(holders(alone)).toEqual(['crowd0', 'crowd1', 'crowd2', 'crowd3']);
  alone.join('a', 0, 'elsewhere');
  alone.take({ type: 'LeaseEnded', lease: alone.lease('crowd2'), code: 'round_over', detail: '' });
  expect(holders(alone)).toEqual(['crowd0', 'crowd1', 'crowd3', 'a']);
  alone.take({ type: 'LeaseEnded', lease: alone.lease('a'), code: 'round_over', detail: '' });
  expect(holders(alone)).toEqual(['crowd0', 'crowd1', 'crowd3', 'crowd4']);
});

test('those that the operator vouches for stand back for nobody', () => {
  const table = tableOf(2);
  const join = (volunteer: string) => {
    table.take({ type: 'VolunteerJoined', volunteer, name: '', agent: 'node', origin: 'office', trusted: true });
    table.ready(volunteer);
  };
  for (const volunteer of ['x', 'y', 'z']) join(volunteer);
  table.join('a', 0, 'elsewhere');
  table.take({ type: 'LeaseEnded', lease: table.lease('x'), code: 'user', detail: '' });
  expect(holders(table)).toEqual(['y', 'z']);
});

test('a crowd that waits is served in parts, and whatever else is told in between is heard', () => {
  const table = tableOf(1000);
  const run = Object.keys(table.state.runs)[0]!;
  table.take({ type: 'RunStateChanged', run, state: 'paused', reason: null });
  for (let i = 0; i < 300; i++) table.join(`v${i}`);
  const first = only(table.take({ type: 'RunStateChanged', run, state: 'training', reason: null }), 'LeaseGranted');
  expect(first.length).toBeGreaterThan(0);
  expect(first.length).toBeLessThan(100);
  expect(table.take({ type: 'VolunteerBanned', volunteer: first[0]!.volunteer }).map(({ type }) => type)).toContain(
    'LeaseEnded',
  );
  table.wait(0);
  expect(holders(table)).toHaveLength(299);
});
