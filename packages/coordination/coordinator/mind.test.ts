import { describe, expect, test } from 'vitest';
import { runFacts } from '../simulator/run-facts.ts';
import { toyPlan } from '../simulator/toy/toy.ts';
import { initialState, restore, snapshot } from './state.ts';
import { only, Table } from './table.fixture.ts';

const SILENCE_MS = 20_000;

function tableWithRun(): Table {
  const table = new Table([toyPlan], SILENCE_MS);
  table.create(runFacts('r', [1]), ['toy']);
  return table;
}

/** Puts the same mind over a state that came back from snapshot and log. */
function restart(table: Table, downMs: number): void {
  const restored = restore(snapshot(initialState()));
  for (const event of table.log) table.mind.apply(restored, event);
  expect(snapshot(restored)).toBe(snapshot(table.state));
  table.state = restored;
  table.now += downMs;
  table.take({ type: 'CoordinatorStarted', epoch: 2 });
}

describe('leases', () => {
  test('one who asks gets one lease, and asks in vain for a second', () => {
    const table = tableWithRun();
    expect(only(table.join('a'), 'LeaseGranted')).toHaveLength(1);
    expect(only(table.ready('a'), 'LeaseGranted')).toEqual([]);
  });

  test('who prefers a run works for it first, and for others when it has no work', () => {
    const table = tableWithRun();
    table.create(runFacts('s', [1]), ['toy']);
    const executor = { name: 'test', adapter: '', tokensPerSecond: 0 };
    const joins = (volunteer: string) =>
      table.take(
        { type: 'VolunteerJoined', volunteer, name: volunteer, agent: 'node' },
        { type: 'VolunteerReady', volunteer, executor, memoryBytes: 0, prefers: 's' },
      );
    expect(only([...joins('a'), ...joins('b')], 'LeaseGranted').map(({ run }) => run)).toEqual(['s', 's']);
    table.take({ type: 'RunStateChanged', run: 's', state: 'paused', reason: null });
    expect(only(joins('c'), 'LeaseGranted').map(({ run }) => run)).toEqual(['r']);
  });

  test('a late contribution to a lease that ended changes nothing', () => {
    const table = tableWithRun();
    table.join('a');
    const lease = table.lease('a');
    table.mind.heard(table.state, 'a', table.now + 29_000);
    expect(only(table.wait(30_000), 'LeaseEnded').map(({ code }) => code)).toEqual(['expired']);
    const before = snapshot(table.state);
    expect(table.contribute(lease, 10)).toEqual([]);
    expect(snapshot({ ...table.state, now: 0 })).toBe(snapshot({ ...restore(before), now: 0 }));
  });

  test('a task that fails its check for everybody pauses its run, and the reason says so', () => {
    const table = tableWithRun();
    const fail = (volunteer: string) => {
      const lease = table.lease(volunteer);
      table.receive(lease, 10);
      const decided = table.take({ type: 'ContributionRejected', lease, code: 'not_finite', detail: '' });
      table.take({ type: 'VolunteerAway', volunteer });
      return only(decided, 'RunStateChanged');
    };
    const failed = ['a', 'b', 'c', 'a', 'b'].map((volunteer) => {
      table.join(volunteer);
      return fail(volunteer);
    });
    expect(failed.slice(0, 4).flat()).toEqual([]);
    expect(failed[4]).toMatchObject([
      {
        state: 'paused',
        reason: expect.stringMatching(
          /^The task toy.* 5 times, in the hands of volunteers of 3 networks, last as not_finite/,
        ),
      },
    ]);
    restart(table, 1000);
    table.join('d');
    expect(table.state.volunteers['d']!.lease).toBeNull();
    expect(
      only(table.take({ type: 'RunStateChanged', run: 'r', state: 'training', reason: null }), 'LeaseGranted'),
    ).toHaveLength(1);
  });

  test('one network alone may fail more often; work that passes makes good what failed', () => {
    const table = tableWithRun();
    for (let attempt = 1; attempt < 20; attempt++) {
      const volunteer = `${attempt % 4}`;
      table.join(volunteer, 0, 'home');
      const lease = table.lease(volunteer);
      table.receive(lease, 10);
      table.take({ type: 'ContributionRejected', lease, code: 'not_finite', detail: '' });
      table.take({ type: 'VolunteerAway', volunteer });
    }
    expect(table.state.runs['r']!.state).toBe('training');
    table.join('a');
    table.contribute(table.lease('a'), 10);
    expect(table.state.runs['r']!.failures).toEqual({});
  });

  test('a contribution told twice, and checked twice, is credited once', () => {
    const table = tableWithRun();
    table.join('a');
    const lease = table.lease('a');
    table.receive(lease, 10);
    table.receive(lease, 5);
    const checked = { type: 'ContributionChecked', lease, figures: {} } as const;
    expect(only(table.take(checked, checked), 'ContributionAccepted')).toHaveLength(1);
    table.take(checked);
    expect(table.state.volunteers['a']).toMatchObject({ credit: 1000, acceptedCount: 1 });
  });

  test('credit is bounded by the steps that are claimed, and these by the lease', () => {
    const table = tableWithRun();
    table.join('a');
    const lease = table.lease('a');
    const report = {
      steps: 3,
      tokens: 1e9,
      computeMs: 1,
      loss: null,
      downloadedBytes: { peers: 0, coordinator: 0 },
      executor: { name: 'test', adapter: '', tokensPerSecond: 0 },
    };
    table.take({ type: 'ContributionReceived', lease, sha256: '0'.repeat(64), bytes: 1, report });
    table.take({ type: 'ContributionChecked', lease, figures: {} });
    expect(table.state.volunteers['a']!.credit).toBe(300);
  });

  test('a rejected contribution frees its volunteer and earns nothing', () => {
    const table = tableWithRun();
    table.join('a');
    table.receive(table.lease('a'), 10);
    const lease = Object.keys(table.state.leases)[0]!;
    table.take({ type: 'ContributionRejected', lease, code: 'not_finite', detail: '' });
    expect(table.state.volunteers['a']).toMatchObject({ credit: 0, rejectedCount: 1, lease: null });
    expect(only(table.ready('a'), 'LeaseGranted').map(({ task }) => task.key)).toEqual(['number 0']);
  });
});

describe('silence', () => {
  test('a heartbeat keeps a volunteer, its end takes the lease', () => {
    const table = tableWithRun();
    table.join('a');
    table.wait(15_000);
    table.mind.heard(table.state, 'a', table.now);
    expect(table.wait(14_000)).toEqual([]);
    const decided = table.wait(10_000);
    expect(only(decided, 'LeaseEnded')).toHaveLength(1);
    expect(only(decided, 'VolunteerLost')).toHaveLength(1);
  });

  test('who reconnects within the limit keeps its lease', () => {
    const table = tableWithRun();
    table.join('a');
    const lease = table.lease('a');
    table.take({ type: 'VolunteerLost', volunteer: 'a' });
    table.wait(15_000);
    table.take({ type: 'VolunteerJoined', volunteer: 'a', name: 'a', agent: 'node' });
    expect(table.lease('a')).toBe(lease);
  });

  test('after a restart every holder has the whole limit to come back, however long the coordinator was away', () => {
    const table = tableWithRun();
    table.join('a');
    table.join('b');
    const lease = table.lease('a');
    restart(table, 3_600_000);
    table.wait(SILENCE_MS - 1);
    table.take({ type: 'VolunteerJoined', volunteer: 'a', name: 'a', agent: 'node' });
    const ended = only(table.wait(10), 'LeaseEnded');
    expect(ended.map(({ code }) => code)).toEqual(['silent']);
    expect(table.lease('a')).toBe(lease);
    expect(Object.keys(table.state.volunteers)).toEqual(['a']);
  });

  test('nobody gets work from a socket that a restart has closed', () => {
    const table = tableWithRun();
    for (let i = 0; i < 3; i++) table.join(`v${i}`);
    table.take({ type: 'RunStateChanged', run: 'r', state: 'paused', reason: null });
    for (let i = 0; i < 3; i++) table.ready(`v${i}`);
    restart(table, 1000);
    expect(table.take({ type: 'RunStateChanged', run: 'r', state: 'training', reason: null })).toEqual([]);
  });
});

describe('runs', () => {
  test('a pause ends leases, what came in is still credited, and going on serves those who wait', () => {
    const table = tableWithRun();
    table.join('a');
    table.join('b');
    const lease = table.lease('b');
    table.receive(lease, 10);
    const paused = table.take({ type: 'RunStateChanged', run: 'r', state: 'paused', reason: null });
    expect(only(paused, 'LeaseEnded').map(({ code }) => code)).toEqual(['run_paused']);
    table.take({ type: 'ContributionChecked', lease, figures: {} });
    expect(table.state.volunteers['b']!.credit).toBe(1000);
    expect(table.ready('a')).toEqual([]);
    const resumed = table.take({ type: 'RunStateChanged', run: 'r', state: 'training', reason: null });
    expect(only(resumed, 'LeaseGranted').map(({ volunteer }) => volunteer)).toEqual(['a']);
  });

  test('a deleted run takes all its leases back and is gone', () => {
    const table = tableWithRun();
    table.join('a');
    table.join('b');
    table.receive(table.lease('b'), 10);
    expect(only(table.take({ type: 'RunDeleted', run: 'r' }), 'LeaseEnded')).toHaveLength(2);
    expect(table.state.runs).toEqual({});
    expect(table.state.leases).toEqual({});
  });

  test('a banned volunteer loses its lease and gets no other', () => {
    const table = tableWithRun();
    table.join('a');
    const decided = table.take({ type: 'VolunteerBanned', volunteer: 'a' });
    expect(only(decided, 'LeaseEnded').map(({ code }) => code)).toEqual(['banned']);
    expect(table.ready('a')).toEqual([]);
    expect(table.join('a')).toEqual([]);
  });

  test('a ban holds for an identity that is not here, and that never worked', () => {
    const table = tableWithRun();
    table.take({ type: 'VolunteerBanned', volunteer: 'a' });
    expect(table.join('a')).toEqual([]);
  });

  test('an identity that never worked is forgotten when it goes', () => {
    const table = new Table([toyPlan]);
    table.join('a');
    table.take({ type: 'VolunteerLost', volunteer: 'a' });
    expect(table.state.volunteers).toEqual({});
  });

  test('who never did work that counted is forgotten when it and its last lease are gone, whichever comes first', () => {
    const table = tableWithRun();
    for (const volunteer of ['lease', 'network', 'rejected', 'banned']) table.join(volunteer);
    const gone = (volunteer: string) => table.take({ type: 'VolunteerLost', volunteer });
    table.take({ type: 'LeaseEnded', lease: table.lease('lease'), code: 'user', detail: '' });
    gone('lease');
    gone('network');
    const rejected = table.lease('rejected');
    table.receive(rejected, 10);
    gone('rejected');
    expect(Object.keys(table.state.volunteers)).toEqual(['network', 'banned', 'rejected']);
    table.take({ type: 'ContributionRejected', lease: rejected, code: 'not_finite', detail: '' });
    table.take({ type: 'VolunteerBanned', volunteer: 'banned' });
    gone('banned');
    table.wait(2 * SILENCE_MS);
    expect(Object.keys(table.state.volunteers)).toEqual(['banned']);
    restart(table, 1000);
    expect(Object.keys(table.state.volunteers)).toEqual(['banned']);
  });

  test('who goes while its contribution is checked gets its credit, and is remembered', () => {
    const table = tableWithRun();
    table.join('a');
    const lease = table.lease('a');
    table.receive(lease, 10);
    table.take({ type: 'VolunteerLost', volunteer: 'a' });
    table.take({ type: 'ContributionChecked', lease, figures: {} });
    restart(table, 1000);
    expect(table.state.volunteers['a']).toMatchObject({ credit: 1000, acceptedCount: 1, connected: false });
  });

  test('two runs take turns with a lone volunteer', () => {
    const table = tableWithRun();
    table.create(runFacts('s', [1]), ['toy']);
    table.join('a');
    const runs: string[] = [];
    for (let i = 0; i < 4; i++) {
      const lease = table.lease('a');
      runs.push(table.state.leases[lease]!.run);
      table.contribute(lease, 10);
      table.wait(1000);
      table.ready('a');
    }
    expect(runs.toSorted()).toEqual(['r', 'r', 's', 's']);
  });
});

test('a run that opens serves everybody who waits, in the order of their asking', () => {
  const table = new Table([toyPlan]);
  const names = Array.from({ length: 50 }, (_, i) => `v${i}`);
  for (const name of names) table.join(name);
  const granted = only(table.create(runFacts('r', [1]), ['toy']), 'LeaseGranted');
  expect(granted.map(({ volunteer }) => volunteer)).toEqual(names);
});
