import { simulatedKinds } from '@pathfold/works/kinds';
import { expect, test } from 'vitest';
import type { SimulationPorts } from './outcome.ts';
import { isOver } from './over.fixture.ts';
import { simulateRepeatably } from './repeat.ts';
import { churnScenario, drawScenario } from './scenario.ts';
import { simulate } from './simulate.ts';

const kinds = await simulatedKinds();
const SEEDS_A_TEST = 20;

test.each(Array.from({ length: 6 }, (_, i) => 1 + SEEDS_A_TEST * i))(
  'every invariant holds with the 20 seeds from %i on',
  { timeout: 240_000 },
  (first) => {
    for (let seed = first; seed < first + SEEDS_A_TEST; seed++) {
      const scenario = drawScenario(seed);
      const outcome = simulateRepeatably(scenario, { kinds });
      expect(outcome.violation, `seed ${seed}`).toBeNull();
      if (isOver(scenario, outcome)) continue;
      // Paths that were added since may not have come as far.
      expect(outcome.cutShort, `seed ${seed} ended before its 21 rounds and 5000 events`).toBe(false);
    }
  },
);

test.each([
  ['async', 301],
  ['hybrid', 331],
] as const)('every invariant holds in mode %s with the 15 seeds from %i on', { timeout: 240_000 }, (mode, first) => {
  for (let seed = first; seed < first + 15; seed++) {
    const scenario = drawScenario(seed, { mode });
    const outcome = simulate(scenario, { kinds });
    expect(outcome.violation, `seed ${seed}`).toBeNull();
    if (!isOver(scenario, outcome)) expect(outcome.rounds, `rounds of seed ${seed}`).toBeGreaterThanOrEqual(20);
  }
});

test('a scenario goes on until it has had its crashes and restarts', () => {
  const drawn = drawScenario(7);
  const troubles = { ...drawn.troubles, crashMs: 20_000, restartMs: 60_000 };
  const scenario = { ...drawn, troubles, rounds: 0, events: 0, crashes: 5, restarts: 3 };
  const { violation, faults } = simulate(scenario, { kinds });
  expect(violation).toBeNull();
  expect(faults.crashes).toBeGreaterThanOrEqual(5);
  // It is restarted once more at the very end.
  expect(faults.restarts).toBeGreaterThanOrEqual(4);
});

test('every hundredth seed is played twice, and a second log that differs is a violation', () => {
  let plays = 0;
  const drifting: SimulationPorts = {
    kinds,
    wrapMind: (mind) => {
      const offset = plays++ === 0 ? 0 : 1;
      return {
        ...mind,
        plan: (state, touched, now) => mind.plan(state, touched, now).map((event) => ({ ...event, offset })),
      };
    },
  };
  const scenario = {
    ...drawScenario(100, { volunteers: 4, virtualMs: 600_000 }),
    troubles: churnScenario(1, 'sync', 0, 1).troubles,
  };
  expect(simulateRepeatably(scenario, { kinds }).violation).toBeNull();
  expect(simulateRepeatably(scenario, drifting).violation).toBe('the same seed gives another log');
});
