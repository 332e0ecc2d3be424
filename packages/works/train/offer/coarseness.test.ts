import { runFacts } from '@pathfold/coordination/simulator/run-facts';
import { expect, test } from 'vitest';
import { SPEED, tableWith, taskOf } from '../plan.fixture.ts';
import { wiringOf } from './coarseness.ts';

const run = (wire: { codec: string; coarsest?: 1 | 2 | 3 | 4 }) => runFacts('r', [1], { wire });
const [path] = Object.keys(run({ codec: 'q' }).paths);
const parameters = (facts: ReturnType<typeof run>) =>
  facts.paths[path!]!.modules.reduce((sum, name) => sum + facts.modules[name]!.parameterCount, 0);
/** A line on which a byte a parameter takes so long each way. */
const lineOf = (facts: ReturnType<typeof run>, upMs: number, downMs = 0) => ({
  upBytesPerSecond: (1000 * parameters(facts)) / upMs,
  downBytesPerSecond: downMs ? (1000 * parameters(facts)) / downMs : 1e12,
});

test('T3b: a lease gets the finest coarseness whose travel stays under 5 % of its computing, within the bound of the run', () => {
  const facts = run({ codec: 'q', coarsest: 4 });
  const choice = (upMs: number) => {
    const { codec, reason } = wiringOf(facts, path!, 1000, lineOf(facts, upMs));
    return [codec.coarseness, reason!.because];
  };
  // 50 ms of 1000 may be travel; bytes a parameter: 0.25, 0.15, 0.0875, 0.0375.
  expect(choice(199)).toEqual([1, 'finest']);
  expect(choice(220)).toEqual([2, 'line']);
  expect(choice(340)).toEqual([3, 'line']);
  expect(choice(580)).toEqual([4, 'line']);
  expect(choice(9000)).toEqual([4, 'bound']);
});

test('T3b: what comes down counts as well; nothing known of the line, or no choice, means the bound of the run', () => {
  const facts = run({ codec: 'q', coarsest: 3 });
  expect(wiringOf(facts, path!, 1000, lineOf(facts, 10, 1000)).reason).toEqual({ because: 'bound', part: 0.201 });
  const untold = wiringOf(facts, path!, 1000, undefined);
  expect(untold).toMatchObject({ travelMs: 0, reason: { because: 'untold', part: null } });
  expect(untold.codec.coarseness).toBe(3);
  expect(wiringOf(run({ codec: 'q' }), path!, 1000, undefined).codec.coarseness).toBe(2);
  const exact = wiringOf(run({ codec: 'f32' }), path!, 1000, lineOf(facts, 100, 100));
  expect(exact.reason).toBeNull();
  expect(exact.travelMs).toBeCloseTo(800);
});

test('T3b: the line is what contributions show, not what it promises', () => {
  const table = tableWith({ replicas: 1, wire: { codec: 'q', coarsest: 4 } });
  const facts = table.state.runs['r']!.facts;
  const bytes = facts.paths['0']!.modules.reduce((sum, name) => sum + facts.modules[name]!.parameterCount, 0);
  const line = { upBytesPerSecond: bytes, downBytesPerSecond: bytes };
  const executor = { name: 'test', adapter: '', tokensPerSecond: SPEED };
  const ready = { type: 'VolunteerReady', volunteer: 'a', executor, memoryBytes: 0, line } as const;
  table.take({ type: 'VolunteerJoined', volunteer: 'a', name: 'a', agent: 'node' }, ready);
  const played = [];
  for (let round = 0; round < 3; round++) {
    const task = taskOf(table, 'a');
    played.push([task.coarseness, task.wireReason!.because]);
    const lease = table.lease('a');
    // Half of its time goes by without computing, in place of 2 s that the line promises for as many bytes.
    table.wait(20_000);
    table.take(
      {
        ...{ type: 'ContributionReceived', lease, sha256: lease.padEnd(64, '0'), bytes },
        report: {
          ...{ steps: 20, tokens: 2560, computeMs: 10_000, loss: 1, executor },
          downloadedBytes: { peers: 0, coordinator: bytes },
        },
      },
      { type: 'ContributionChecked', lease, figures: { norm: 1 } },
    );
    table.fold();
    table.take(ready);
  }
  expect(played).toEqual([
    [1, 'finest'],
    [3, 'line'],
    [4, 'line'],
  ]);
});
