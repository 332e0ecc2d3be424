import { expect, test } from 'vitest';
import { roundOf, roundsDone } from './run-round.ts';
import { runFacts } from './simulator/run-facts.ts';

test('a run is as far as the farthest path of its least trained module, and never farther than its round', () => {
  const run = runFacts('r', [2]);
  for (const module of Object.values(run.modules)) module.version = 4;
  expect(roundsDone(run)).toBe(4);
  Object.assign(run.paths['0']!, { steps: 80 });
  Object.assign(run.paths['1']!, { steps: 30 });
  expect(run.spec.inner.steps).toBe(20);
  expect(roundsDone(run)).toBe(1.5);
  Object.assign(run.paths['1']!, { steps: 200 });
  expect(roundsDone(run)).toBe(4);
  run.modules['level0.0']!.version = 3;
  expect([roundsDone(run), roundOf(run)]).toEqual([3, 3]);
});
