import { simulatedKinds } from '@pathfold/works/kinds';
import { expect, test } from 'vitest';
import { simulateRepeatably } from './repeat.ts';
import { drawScenario } from './scenario.ts';

const kinds = await simulatedKinds();
const SEEDS_A_TEST = 60;

test.each(Array.from({ length: 12 }, (_, i) => 1001 + SEEDS_A_TEST * i))(
  'every invariant holds with the 60 seeds from %i on',
  { timeout: 600_000 },
  (first) => {
    for (let seed = first; seed < first + SEEDS_A_TEST; seed++) {
      const { violation } = simulateRepeatably(drawScenario(seed), { kinds });
      expect(violation, `seed ${seed}`).toBeNull();
    }
  },
);
