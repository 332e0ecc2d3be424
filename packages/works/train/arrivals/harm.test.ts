import { only } from '@pathfold/coordination/coordinator/table.fixture';
import { expect, test } from 'vitest';
import { inputs, SPEED, tableWith, taskOf, train, warmUp } from '../async.fixture.ts';

test('F5: a late contribution from more versions ago than allowed is refused with its reason; one in its time is taken', () => {
  const table = tableWith({ grace: 0, mostStaleness: 9 });
  for (const id of ['a', 'old', 'punctual']) table.join(id, SPEED);
  for (let i = 0; i < 10; i++) {
    table.wait(i < 9 ? 1000 : 0);
    table.contribute(table.lease('a'), 20);
    table.fold();
    table.ready('a', SPEED);
  }
  const [input] = inputs(table.contribute(table.lease('punctual'), 20));
  expect(input!.contributions).toMatchObject([{ staleness: 10 }]);
  table.wait(7000);
  const decided = table.contribute(table.lease('old'), 20);
  expect(only(decided, 'ContributionRejected').map(({ code }) => code)).toEqual(['too_stale']);
  expect(inputs(decided)).toEqual([]);
});

test('F4: one who lies about its work does not starve the others, one who lies about its speed changes nothing', () => {
  const table = tableWith({ grace: 0, leastSteps: 1 });
  warmUp(table, { a: 10, b: 10, c: 10, liar: 10 });
  for (let i = 0; i < 6; i++) {
    table.contribute(table.lease('liar'), taskOf(table, 'liar').steps);
    table.fold();
    table.ready('liar', 1000 * SPEED);
  }
  table.wait(10_000);
  table.contribute(table.lease('a'), taskOf(table, 'a').steps);
  table.fold();
  table.ready('a', SPEED);
  expect(taskOf(table, 'a').steps).toBeGreaterThanOrEqual(5);
  const other = tableWith({ grace: 0 });
  warmUp(other, { a: 10, b: 10 });
  other.join('braggart', 1000 * SPEED);
  expect(taskOf(other, 'braggart').steps).toBe(20);
  other.contribute(other.lease('a'), 20);
  other.fold();
  other.ready('a', SPEED);
  expect(taskOf(other, 'a').steps).toBe(20);
});

test('a flood of tiny contributions counts as the work that it is', () => {
  const table = tableWith({ grace: 0 });
  warmUp(table, { honest: 10, flood: 10 });
  let tiny = 0;
  for (let i = 0; i < 30; i++) {
    table.wait(300);
    for (const { module, share } of inputs(table.contribute(table.lease('flood'), 1, 0.3)))
      if (module.name === 'head') tiny += share;
    table.fold();
    table.ready('flood', SPEED);
  }
  const decided = table.contribute(table.lease('honest'), 10, Math.sqrt(10));
  expect(only(decided, 'ContributionRejected')).toEqual([]);
  expect(inputs(decided)[0]!.contributions).toMatchObject([{ staleness: 31, steps: 10 }]);
  expect(tiny).toBeLessThan(30 * 0.1);
});

test('a clock that runs backwards moves nothing: paces are never negative, nor are ages', () => {
  const table = tableWith({ grace: 0.1 });
  table.join('a', SPEED);
  table.join('b', SPEED);
  table.now -= 5000;
  table.contribute(table.lease('a'), 20);
  table.now -= 5000;
  const folds = inputs(table.contribute(table.lease('b'), 20));
  expect(folds.length).toBeGreaterThan(0);
  for (const { contributions, share } of folds) {
    expect(share).toBeGreaterThan(0);
    for (const { ageMs } of contributions) expect(ageMs).toBeGreaterThanOrEqual(0);
  }
  for (const { stepMs } of Object.values(train(table).paces)) expect(stepMs).toBeGreaterThan(0);
});

test('a flood of contributions of nothing does not make those of the others too large', () => {
  const table = tableWith({ grace: 0 });
  warmUp(table, { honest: 10, flood: 10 });
  for (let i = 0; i < 40; i++) {
    table.wait(300);
    table.contribute(table.lease('flood'), 1, 0);
    table.fold();
    table.ready('flood', SPEED);
  }
  table.take({ type: 'VolunteerLost', volunteer: 'flood' });
  for (let i = 0; i < 10; i++) {
    const { steps } = taskOf(table, 'honest');
    const decided = table.contribute(table.lease('honest'), steps, Math.sqrt(steps / 20));
    expect(only(decided, 'ContributionRejected')).toEqual([]);
    for (const { contributions } of inputs(decided)) expect(contributions).toMatchObject([{ scale: 1 }]);
    table.fold();
    table.ready('honest', SPEED);
  }
});

test('F4: who claims whole leases as soon as they are granted counts as sixteen of the fastest other one, not more', () => {
  const table = tableWith({ grace: 0 });
  warmUp(table, { a: 10, b: 10, c: 10, forger: 10 });
  const { paths } = train(table);
  const before = paths['0']!.steps;
  let counted = 0;
  for (let i = 0; i < 30; i++) {
    table.wait(100);
    for (const { module, share } of inputs(table.contribute(table.lease('forger'), taskOf(table, 'forger').steps)))
      if (module.name === 'head') counted += share;
    table.fold();
    table.ready('forger', SPEED);
  }
  // In 3 s, at half a second a step, sixteen times six steps, of the eighty that are one outer step of the four.
  expect(counted).toBeLessThan(1.3 * ((16 * 6) / 80));
  expect(paths['0']!.steps - before).toBeLessThan(1.3 * ((16 * 6) / 4));
  const trusted = tableWith({ grace: 0 });
  warmUp(trusted, { a: 10, own: 10 });
  trusted.state.volunteers['own']!.trusted = true;
  trusted.wait(100);
  const [input] = inputs(trusted.contribute(trusted.lease('own'), 20));
  expect(input!.contributions[0]!.weight).toBe(20 * trusted.state.runs['r']!.facts.paths['0']!.shardTokens);
});

test('F5: the more are at work, the more versions late work may be behind: each is a smaller part of a step', () => {
  const behind = (others: number): string[] => {
    const table = tableWith({ grace: 0, mostStaleness: 9, dynamicSteps: false });
    const names = Array.from({ length: others }, (_, i) => `v${i}`);
    for (const id of ['late', ...names]) table.join(id, SPEED);
    table.wait(16_000);
    for (let i = 0; i < 12; i++) {
      const id = names[i % others]!;
      table.contribute(table.lease(id), 20);
      table.fold();
      table.ready(id, SPEED);
    }
    return only(table.contribute(table.lease('late'), 20), 'ContributionRejected').map(({ code }) => code);
  };
  expect(behind(2)).toEqual(['too_stale']);
  expect(behind(8)).toEqual([]);
});
