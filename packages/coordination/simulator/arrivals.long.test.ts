import { simulatedKinds } from '@pathfold/works/kinds';
import { expect, test } from 'vitest';
import { simulateRepeatably } from './repeat.ts';
import { drawScenario } from './scenario.ts';

const kinds = await simulatedKinds();
const SEEDS_A_TEST = 60;

test.each([
  ['async', 3001],
  ['async', 3101],
  ['hybrid', 3201],
] as const)('every invariant holds in mode %s with the 60 seeds from %i on', { timeout: 600_000 }, (mode, first) => {
  for (let seed = first; seed < first + SEEDS_A_TEST; seed++) {
    const { violation } = simulateRepeatably(drawScenario(seed, { mode }), { kinds });
    expect(violation, `seed ${seed}`).toBeNull();
  }
});
