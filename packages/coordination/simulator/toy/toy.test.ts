import { expect, test } from 'vitest';
import { only, Table } from '../../coordinator/table.fixture.ts';
import { runFacts } from '../run-facts.ts';
import { drawScenario } from '../scenario.ts';
import { simulate } from '../simulate.ts';
import { simulatedToy, TOY_NUMBERS, toyPlan } from './toy.ts';

test('a kind of work that nothing else knows is leased, folded and finished', () => {
  const table = new Table([toyPlan]);
  table.create(runFacts('r', [1]), ['toy']);
  table.join('a');
  for (let i = 0; i < TOY_NUMBERS; i++) {
    expect(only(table.contribute(table.lease('a'), 10), 'FoldBegun')).toHaveLength(i % 3 === 2 ? 1 : 0);
    table.fold();
    table.ready('a');
  }
  expect(table.state.runs['r']!.state).toBe('finished');
  expect(table.state.volunteers['a']!.credit).toBe(1000 * TOY_NUMBERS);
});

test.each([1, 2, 3, 4, 5, 6, 7, 8])('the simulator torments it with seed %i', (seed) => {
  const ended: string[] = [];
  const outcome = simulate(
    { ...drawScenario(seed, { volunteers: 20 }), virtualMs: 3_600_000, rounds: 0 },
    {
      kinds: [simulatedToy],
      onLogged: (event) => {
        if (event.type === 'RunStateChanged' && event.state === 'finished') ended.push(event.run);
      },
    },
  );
  expect(outcome.violation).toBeNull();
  expect(ended).toContain('run-a');
});
