import { expect, test } from 'vitest';
import { runFacts } from '../simulator/run-facts.ts';
import { toyPlan } from '../simulator/toy/toy.ts';
import type { WorkPlan } from '../work-plan.ts';
import { Table } from './table.fixture.ts';

/** Its tasks are of 1000 tokens. */
function tableOf<State>(plan: WorkPlan<State>): Table {
  const table = new Table([plan]);
  table.create(runFacts('r', [1]), ['toy']);
  return table;
}

const speedOf = (table: Table, volunteer: string) => table.state.volunteers[volunteer]!.tokensPerSecond;

test('a volunteer is as fast as it trains, however long the coordinator was down', () => {
  const table = tableOf({
    ...toyPlan,
    offer(...asked) {
      const task = toyPlan.offer(...asked);
      return task && { ...task, path: '0' };
    },
  });
  const work = (ms: number) => {
    const lease = table.lease('a');
    table.now += ms;
    table.receive(lease, 10);
    table.ready('a');
    return speedOf(table, 'a');
  };
  table.join('a', 300);
  expect(work(5000)).toBe(200);
  table.now += 8 * 3_600_000;
  table.take(
    { type: 'CoordinatorStarted', epoch: 2 },
    { type: 'VolunteerJoined', volunteer: 'a', name: 'a', agent: 'node' },
  );
  expect(work(5000)).toBe(200);
  expect(work(10_000)).toBe(150);
});

test('what it scores says nothing of how fast it trains', () => {
  const table = tableOf(toyPlan);
  table.join('a', 300);
  table.now += 1000;
  table.receive(table.lease('a'), 10);
  expect(speedOf(table, 'a')).toBe(300);
});
