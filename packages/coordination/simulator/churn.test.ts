import { simulatedTrain } from '@pathfold/works/train/plan-simulated';
import { expect, test } from 'vitest';
import { churnScenario } from './scenario.ts';
import { simulate } from './simulate.ts';

test('while volunteers come and go, 0.9 of the time lent is computed for what counts, and more than in rounds', {
  timeout: 240_000,
}, () => {
  const play = (mode: 'sync' | 'async') =>
    simulate(churnScenario(1, mode, 0.1, 3_600_000), { kinds: [simulatedTrain] });
  const [sync, async] = [play('sync'), play('async')];
  expect(sync.violation).toBeNull();
  expect(async.violation).toBeNull();
  expect(async.utilisation).toBeGreaterThanOrEqual(0.9);
  expect(async.utilisation).toBeGreaterThan(sync.utilisation);
});
