import { simulatedKinds } from '@pathfold/works/kinds';
import { expect, test } from 'vitest';
import { PLANTS, withPlant } from './plants.ts';
import { drawScenario } from './scenario.ts';
import { simulate } from './simulate.ts';

const SEEDS = 200;

test.each(Object.entries(PLANTS))('%s is found', { timeout: 240_000 }, async (_name, plant) => {
  const kinds = withPlant(await simulatedKinds(), plant);
  let violation: string | null = null;
  for (let seed = 1; seed <= SEEDS && violation === null; seed++)
    ({ violation } = simulate(drawScenario(seed, plant.wishes), {
      kinds,
      ...(plant.mind && { wrapMind: plant.mind }),
    }));
  expect(violation, plant.mistake).not.toBeNull();
});

test('among many volunteers a path starves within a few rounds, not within as many as there are paths', async () => {
  const plant = PLANTS['starved-in-a-crowd']!;
  const kinds = withPlant(await simulatedKinds(), plant);
  const { violation, virtualMs } = simulate(drawScenario(1, plant.wishes), { kinds });
  expect(violation).toMatch(/^path 3-3 of run-a starves, though \d+ could serve it$/);
  expect(virtualMs).toBeLessThan(2 * 3_600_000);
});

test('there are at least twelve', () => {
  expect(Object.keys(PLANTS).length).toBeGreaterThanOrEqual(12);
});
