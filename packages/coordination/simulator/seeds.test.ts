import { simulatedKinds } from '@pathfold/works/kinds';
import { expect, test } from 'vitest';
import type { CoordinatorEvent } from '../events.ts';
import { drawScenario } from './scenario.ts';
import { simulate } from './simulate.ts';

const kinds = await simulatedKinds();
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

test('runs go on though tasks of theirs fail for everybody: they pause, with a reason, and are mended', () => {
  let reasons: (string | null)[] = [];
  for (let seed = 401; seed < 406; seed++) {
    const onLogged = (event: CoordinatorEvent) => {
      if (event.type === 'RunStateChanged' && event.state === 'paused') reasons.push(event.reason);
    };
    const { violation, rounds } = simulate(drawScenario(seed, { hopeless: 0.02 }), { kinds, onLogged });
    expect(violation, `seed ${seed}`).toBeNull();
    expect(rounds, `rounds of seed ${seed}`).toBeGreaterThanOrEqual(20);
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
      const { violation, faults, rounds } = simulate(scenario, { kinds });
      expect(violation, `seed ${seed}`).toBeNull();
      expect(rounds, `rounds of seed ${seed}`).toBeGreaterThanOrEqual(20);
      rollbacks += faults.rollbacks;
    }
    expect(rollbacks, mode).toBeGreaterThan(10);
  }
});

test('documents are routed, and routed again, though a third of what liars say is invented: of that nothing is believed', () => {
  const seen = { again: 0, contradicted: 0 };
  // The host may tell of the end of a fold twice.
  const routings = new Set<string>();
  for (let seed = 609; seed < 613; seed++) {
    const onLogged = (event: CoordinatorEvent) => {
      if (event.type === 'CreditWithdrawn' && event.kind === 'route') seen.contradicted++;
      if (event.type !== 'FoldEnded' || !event.output.routing) return;
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

test('the same seed gives the same log', () => {
  const logOf = () => {
    const log: string[] = [];
    simulate(drawScenario(7), { kinds, onLogged: (event) => log.push(JSON.stringify(event)) });
    return log;
  };
  expect(logOf()).toEqual(logOf());
});
