import { only, Table } from '@pathfold/coordination/coordinator/table.fixture';
import { runFacts } from '@pathfold/coordination/simulator/run-facts';
import { expect, test } from 'vitest';
import { type EvaluateState, evaluatePlan } from './evaluate/plan.ts';
import { type RouteState, routePlan } from './route/plan.ts';
import { trainPlan } from './train/plan.ts';

const SPEED = 256;

test('a liar whom two kinds of work find out at once loses its credit once, and nothing of other runs', () => {
  const table = new Table([routePlan, trainPlan, evaluatePlan]);
  for (const run of ['other', 'r']) table.create(runFacts(run, [1], { replicas: 1 }), ['route', 'train', 'evaluate']);
  for (let i = 0; i < 2; i++) {
    table.join('a', SPEED);
    table.contribute(table.lease('a'), 20);
  }
  const before = { ...table.state.volunteers['a']!.credits };
  expect(Object.keys(before)).toEqual(['other', 'r']);
  const { works } = table.state.runs['r']!;
  for (const { liars } of [works['route'] as RouteState, works['evaluate'] as EvaluateState])
    Object.assign(liars, { known: { a: true }, open: { a: 'lease' } });
  const decided = table.take({ type: 'WorkRequested', run: 'r', kind: 'evaluate' });
  expect(only(decided, 'CreditWithdrawn').map(({ kind, credit }) => [kind, credit])).toEqual([
    ['route', before['r']],
    ['evaluate', 0],
  ]);
  expect(table.state.volunteers['a']!.credit).toBe(before['other']);
});

test('what a liar still computes is refused', () => {
  const run = runFacts('r', [2]);
  const contribution = { lease: 'l', volunteer: 'a', report: { steps: 1 } } as never;
  const [evaluate, route] = [evaluatePlan.init(run), routePlan.init(run)];
  for (const { liars } of [evaluate, route]) liars.known['a'] = true;
  expect(evaluatePlan.admit(evaluate, run, contribution)).toBe('refuted');
  expect(routePlan.admit(route, run, contribution)).toBe('refuted');
});
