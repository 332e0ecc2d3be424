import type { CoordinatorEvent } from '@pathfold/coordination/events';
import { drawScenario } from '@pathfold/coordination/simulator/scenario';
import { simulate } from '@pathfold/coordination/simulator/simulate';
import { studyRun } from '@pathfold/coordination/study-run';
import { expect, test } from 'vitest';
import { SIMULATED_LITTERS, simulatedLitter } from './plan-simulated.ts';

/** Litters that count before whoever lies in all of them is caught: the first is audited, another may come in meanwhile. */
const CAUGHT_WITHIN = 2;
const SEEDS = [1, 2, 3];

test.each(SEEDS)('who invents losses is caught within two litters, and its credit is taken back (seed %i)', (seed) => {
  const drawn = drawScenario(seed, { volunteers: 12 });
  const spec = drawn.runs[0]!.spec;
  const study = { name: 'baldwin', config: SIMULATED_LITTERS as never, auditSeed: seed };
  const scenario = {
    ...drawn,
    runs: [studyRun('run-a', spec, study)],
    troubles: { ...drawn.troubles, lie: 1, sorts: ['norm'] as const },
    rounds: 0,
    events: 0,
    virtualMs: 3_600_000,
  };
  const accepted = new Map<string, number>();
  const caught = new Map<string, number>();
  const holders = new Map<string, string>();
  const see = (event: CoordinatorEvent) => {
    if (event.type === 'LeaseGranted') holders.set(event.lease, event.volunteer);
    if (event.type === 'ContributionAccepted') {
      const volunteer = holders.get(event.lease)!;
      accepted.set(volunteer, (accepted.get(volunteer) ?? 0) + 1);
    }
    if (event.type === 'CreditWithdrawn' && event.credit > 0)
      caught.set(event.volunteer, accepted.get(event.volunteer) ?? 0);
  };
  const { violation } = simulate(scenario, { kinds: [simulatedLitter], onLogged: see });
  expect(violation).toBeNull();
  for (const litters of caught.values()) expect(litters).toBeLessThanOrEqual(CAUGHT_WITHIN);
  all.push(...caught.keys());
});

const all: string[] = [];
test('there were liars to catch', () => {
  expect(all.length).toBeGreaterThan(0);
});
