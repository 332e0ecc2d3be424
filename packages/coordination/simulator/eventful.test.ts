import { simulatedKinds } from '@pathfold/works/kinds';
import { expect, test } from 'vitest';
import type { CoordinatorEvent } from '../events.ts';
import { isOver } from './over.fixture.ts';
import { drawScenario } from './scenario.ts';
import { simulate } from './simulate.ts';

const kinds = await simulatedKinds();

test('runs go on though tasks of theirs fail for everybody: they pause, with a reason, and are mended', () => {
  let reasons: (string | null)[] = [];
  for (let seed = 401; seed < 406; seed++) {
    const onLogged = (event: CoordinatorEvent) => {
      if (event.type === 'RunStateChanged' && event.state === 'paused') reasons.push(event.reason);
    };
    const scenario = drawScenario(seed, { hopeless: 0.02 });
    const outcome = simulate(scenario, { kinds, onLogged });
    expect(outcome.violation, `seed ${seed}`).toBeNull();
    if (!isOver(scenario, outcome)) expect(outcome.rounds, `rounds of seed ${seed}`).toBeGreaterThanOrEqual(20);
  }
  reasons = reasons.filter((reason) => reason !== null);
  expect(reasons.length).toBeGreaterThan(0);
  expect(reasons[0]).toMatch(
    /^The task .* failed its check \d+ times, in the hands of volunteers of \d+ networks?, last as not_finite/,
  );
});

test('every invariant holds in runs that are taken back now and then, in every mode', { timeout: 240_000 }, () => {
  for (const mode of ['sync', 'async', 'hybrid'] as const) {
    let rollbacks = 0;
    for (let seed = 501; seed < 511; seed++) {
      const scenario = { ...drawScenario(seed, { mode }), rollsBack: true };
      const outcome = simulate(scenario, { kinds });
      expect(outcome.violation, `seed ${seed}`).toBeNull();
      if (!isOver(scenario, outcome)) expect(outcome.rounds, `rounds of seed ${seed}`).toBeGreaterThanOrEqual(20);
      rollbacks += outcome.faults.rollbacks;
    }
    expect(rollbacks, mode).toBeGreaterThan(10);
  }
});

test('some of the drawn runs grow, of some paths are stopped early', () => {
  const drawn = Array.from({ length: 200 }, (_, i) => drawScenario(1 + i));
  const several = drawn.filter(({ runs }) => Object.keys(runs[0]!.paths).length > 1);
  expect(several.filter(({ growths }) => growths > 0).length).toBeGreaterThan(20);
  expect(several.filter(({ runs }) => runs[0]!.spec.earlyStopping !== null).length).toBeGreaterThan(20);
});

test.each(['sync', 'async', 'hybrid'] as const)(
  'every invariant holds in runs that grow and whose paths are stopped early, in mode %s',
  {
    timeout: 240_000,
  },
  (mode) => {
    const seen = { grown: new Set<string>(), stopped: new Set<string>(), trainedAgain: 0 };
    for (let seed = 710; seed < 718; seed++) {
      const stopped = new Set<string>();
      const onLogged = (event: CoordinatorEvent) => {
        if (event.type === 'LeaseGranted' && event.kind === 'train' && stopped.delete(event.task.path!))
          seen.trainedAgain++;
        if (event.type !== 'FoldEnded') return;
        if (event.output.routing?.growth) seen.grown.add(`${seed} ${event.fold}`);
        for (const [path, kept] of Object.entries(event.output.kept ?? {})) if (kept.stopped) stopped.add(path);
        for (const path of stopped) seen.stopped.add(`${seed} ${path}`);
      };
      const wishes = { mode, volunteers: 12, patience: 1, growths: 3 };
      expect(simulate(drawScenario(seed, wishes), { kinds, onLogged }).violation, `seed ${seed}`).toBeNull();
    }
    expect(seen.grown.size).toBeGreaterThan(2);
    expect(seen.stopped.size).toBeGreaterThan(2);
    // Growth, a new routing or a rollback opens them again.
    expect(seen.trainedAgain).toBeGreaterThan(0);
  },
);

test('documents are routed, and routed again, though a third of what liars say is invented: of that nothing is believed', () => {
  const seen = { again: 0, contradicted: 0 };
  // The host may tell of the end of a fold twice.
  const routings = new Set<string>();
  for (let seed = 609; seed < 613; seed++) {
    const onLogged = (event: CoordinatorEvent) => {
      if (event.type === 'CreditWithdrawn' && event.kind === 'route') seen.contradicted++;
      if (event.type !== 'FoldEnded' || !event.output.routing || event.output.routing.growth) return;
      if (event.output.routing.version > 1) seen.again++;
      else routings.add(`${seed} ${event.fold}`);
    };
    const wishes = { experts: [2, 2], volunteers: 40, invented: 0.3 };
    const { violation } = simulate(drawScenario(seed, wishes), { kinds, onLogged });
    expect(violation, `seed ${seed}`).toBeNull();
  }
  expect(routings.size).toBe(4);
  expect(seen.again).toBeGreaterThan(0);
  expect(seen.contradicted).toBeGreaterThan(0);
});
