import { expect, test } from 'vitest';
import { runFacts } from '../simulator/run-facts.ts';
import { toyPlan } from '../simulator/toy/toy.ts';
import { MOST_ABSENT } from './scene.ts';
import { restore, snapshot } from './state.ts';
import { Table } from './table.fixture.ts';

function tableWithRun(): Table {
  const table = new Table([toyPlan]);
  table.create(runFacts('r', [1]), ['toy']);
  return table;
}

test('of those that are gone only so many are remembered, without what they say again; who is forgotten keeps what it earned', () => {
  const table = tableWithRun();
  const executor = { name: 'webgpu', adapter: 'x'.repeat(200), tokensPerSecond: 5, reason: 'y'.repeat(300) };
  const join = (volunteer: string) =>
    table.take(
      { type: 'VolunteerJoined', volunteer, name: volunteer, agent: 'node' },
      { type: 'VolunteerReady', volunteer, executor, memoryBytes: 0, prefers: 'r' },
    );
  const answer = (volunteer: string) =>
    table.take({
      ...{ type: 'BriefLeaseEnded', lease: `q ${volunteer}`, run: 'r', kind: 'answer', volunteer },
      ...{ tokens: 1, credit: 1, code: null, detail: '' },
    });
  table.take({ type: 'RunStateChanged', run: 'r', state: 'paused', reason: null });
  for (let i = 0; i <= MOST_ABSENT; i++) {
    join(`v${i}`);
    answer(`v${i}`);
    if (i > 0) table.take({ type: 'VolunteerLost', volunteer: `v${i}` });
  }
  table.take({ type: 'VolunteerJoined', volunteer: 'v1', name: 'v1', agent: 'node' });
  table.take({ type: 'VolunteerLost', volunteer: 'v1' });
  const known = () => Object.keys(table.state.volunteers);
  expect(known()).toHaveLength(MOST_ABSENT + 1);
  expect(JSON.stringify(table.state.volunteers['v1'])).not.toMatch(/xx|yy|prefers":"r/);
  table.take({ type: 'VolunteerLost', volunteer: 'v0' });
  expect(known()).toHaveLength(MOST_ABSENT);
  expect(table.state.volunteers).not.toHaveProperty('v2');
  const restored = restore(snapshot(table.state));
  expect(Object.keys(restored.volunteers)).toEqual(known());
  join('v2');
  expect(table.state.volunteers['v2']).toMatchObject({ credit: 1, credits: { r: 1 }, acceptedCount: 1, executor });
  answer('v2');
  // A state that comes from its snapshot forgets the same ones.
  for (const event of table.log.slice(-3)) table.mind.apply(restored, event);
  const lost = { type: 'VolunteerLost', volunteer: 'v2', at: table.now } as const;
  for (const state of [table.state, restored]) table.mind.apply(state, lost);
  expect(snapshot(restored)).toBe(snapshot(table.state));
  expect(known()).not.toContain('v3');
});

test('a volunteer that comes back is as fast as it was measured to be', () => {
  const table = tableWithRun();
  table.join('a', 300);
  table.contribute(table.lease('a'), 10);
  Object.assign(table.state.volunteers['a']!, { tokensPerSecond: 77, isMeasured: true });
  table.take({ type: 'VolunteerLost', volunteer: 'a' });
  table.join('a', 300);
  expect(table.state.volunteers['a']).toMatchObject({ tokensPerSecond: 77, isMeasured: true });
});
