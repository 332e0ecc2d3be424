import { simulatedKinds } from '@pathfold/works/kinds';
import { expect, test } from 'vitest';
import { drawScenario, type Wishes } from '../scenario.ts';
import { simulate } from '../simulate.ts';
import { PLANTS, withPlant } from './list.ts';
import { swarm } from './swarm.ts';
import { volunteer } from './volunteer.ts';

const SEEDS = 200;
const kinds = await simulatedKinds();

const sound = new Map<string, string | null>();
/** The violation in a scenario without any mistake. */
function withoutPlant(seed: number, wishes: Wishes | undefined): string | null {
  const key = JSON.stringify([seed, wishes]);
  if (!sound.has(key)) sound.set(key, simulate(drawScenario(seed, wishes), { kinds }).violation);
  return sound.get(key)!;
}

test.each(Object.entries(PLANTS))(
  '%s is found by the invariant that it breaks, which holds without it',
  {
    timeout: 240_000,
  },
  (_name, plant) => {
    const seen: string[] = [];
    for (let seed = 1; seed <= SEEDS; seed++) {
      const { violation } = simulate(drawScenario(seed, plant.wishes), withPlant({ kinds }, plant));
      if (violation !== null) seen.push(violation);
      if (!violation?.match(plant.breaks)) continue;
      expect(withoutPlant(seed, plant.wishes), `seed ${seed} without it`).toBeNull();
      return;
    }
    expect.fail(`${plant.mistake}: never "${plant.breaks.source}", but ${[...new Set(seen)].slice(0, 5).join('; ')}`);
  },
);

test('among many volunteers a path starves within a few rounds, not within as many as there are paths', () => {
  const plant = PLANTS['starved-in-a-crowd']!;
  const { violation, virtualMs } = simulate(drawScenario(1, plant.wishes), withPlant({ kinds }, plant));
  expect(violation).toMatch(/^path 3-3 of run-a starves, though \d+ could serve it$/);
  expect(virtualMs).toBeLessThan(2 * 3_600_000);
});

test('the minds of volunteer and swarm have at least ten of their own', () => {
  expect(Object.keys({ ...volunteer, ...swarm }).length).toBeGreaterThanOrEqual(10);
});
