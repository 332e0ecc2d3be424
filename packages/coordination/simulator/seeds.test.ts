import { simulatedEvaluate } from '@pathfold/works/evaluate/plan-simulated';
import { simulatedTrain } from '@pathfold/works/train/plan-simulated';
import { expect, test } from 'vitest';
import { drawScenario } from './scenario.ts';
import { simulate } from './simulate.ts';

const kinds = [simulatedTrain, simulatedEvaluate];
const SEEDS_A_TEST = 20;

test.each(Array.from({ length: 10 }, (_, i) => 1 + SEEDS_A_TEST * i))(
  'every invariant holds with the 20 seeds from %i on',
  { timeout: 240_000 },
  (first) => {
    for (let seed = first; seed < first + SEEDS_A_TEST; seed++) {
      const { violation, rounds, events } = simulate(drawScenario(seed), { kinds });
      expect(violation, `seed ${seed}`).toBeNull();
      expect(rounds, `rounds of seed ${seed}`).toBeGreaterThanOrEqual(20);
      expect(events, `events of seed ${seed}`).toBeGreaterThanOrEqual(5000);
    }
  },
);

test.each([
  ['async', 301],
  ['async', 316],
  ['hybrid', 331],
] as const)('every invariant holds in mode %s with the 15 seeds from %i on', { timeout: 240_000 }, (mode, first) => {
  for (let seed = first; seed < first + 15; seed++) {
    const { violation, rounds } = simulate(drawScenario(seed, { mode }), { kinds });
    expect(violation, `seed ${seed}`).toBeNull();
    expect(rounds, `rounds of seed ${seed}`).toBeGreaterThanOrEqual(20);
  }
});

test('the same seed gives the same log', () => {
  const logOf = () => {
    const log: string[] = [];
    simulate(drawScenario(7), { kinds, onLogged: (event) => log.push(JSON.stringify(event)) });
    return log;
  };
  expect(logOf()).toEqual(logOf());
});
