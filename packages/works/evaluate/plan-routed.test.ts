import { runFacts } from '@pathfold/coordination/simulator/run-facts';
import type { ModelRun } from '@pathfold/coordination/work-plan';
import { beforeEach, expect, test } from 'vitest';
import { type EvaluateState, evaluatePlan } from './plan.ts';
import { campaignOf } from './plan-campaign.ts';
import type { EvaluateTask } from './task.ts';

const COMPANY = { related: (a: string, b: string) => a === b, hasOther: () => true };

let run: ModelRun;
let state: EvaluateState;
beforeEach(() => {
  run = runFacts('r', [2], { evaluateEvery: 2, earlyStopping: { patience: 1 } });
  state = evaluatePlan.init(run);
});

const reach = (version: number, modules: readonly string[] = Object.keys(run.modules)) => {
  for (const name of modules) run.modules[name]!.version = version;
};
const route = () => {
  run.routing = { ...run.routing!, version: 2, assignment: { sha256: '2'.repeat(64), bytes: 1 } };
  evaluatePlan.settle(state, run, { type: 'routed', growth: null }, 0);
};
const offer = (id: string) =>
  evaluatePlan.offer(state, run, { id, tokensPerSecond: 100, memoryBytes: 0, path: null }, 0, COMPANY);
const bodyOf = (id: string) => offer(id)?.body as unknown as EvaluateTask | undefined;
const take = (id: string) =>
  evaluatePlan.settle(state, run, { type: 'granted', lease: id, volunteer: id, task: offer(id)! }, 0);

test('documents routed anew are scored anew: scores of those before do not stop a path', () => {
  reach(2);
  state.lastRound = 2;
  take('a');
  expect(state.campaign).toMatchObject({ split: 'router', assignment: { sha256: expect.not.stringMatching(/^2+$/) } });
  route();
  expect(evaluatePlan.admit(state, run, { lease: 'a', report: { steps: 1 } } as never)).toBe('round_over');
  expect(bodyOf('b')!.assigned).toMatchObject({ split: 'router', assignment: { sha256: '2'.repeat(64) } });
});

/** Path 0 was stopped at round 2 while the other went on to 10. */
function stopped(): void {
  const kept = { ...{ round: 2, bitsPerByte: 2, modules: [], routing: 1 }, scoringsSince: 1, stopped: true };
  Object.assign(run.paths['0']!, { bestVersion: kept });
  reach(10);
  reach(2, ['level0.0']);
}

test('a path that trains again is scored on, though the others were scored at later rounds', () => {
  stopped();
  Object.assign(state, { lastRound: 10, stoppingRound: 10 });
  delete run.paths['0']!.bestVersion;
  route();
  expect(offer('a')).toBeNull();
  reach(4, ['level0.0']);
  expect(bodyOf('a')).toMatchObject({ round: 4, assigned: { split: 'test' } });
});

test('so it is where a scoring of the later round was under way', () => {
  stopped();
  state.stoppingRound = 10;
  take('a');
  expect(state.campaign).toMatchObject({ split: 'test', round: 10 });
  delete run.paths['0']!.bestVersion;
  route();
  state.folding = 'round 10 a';
  evaluatePlan.settle(state, run, { type: 'folded', fold: 'round 10 a', result: null }, 0);
  reach(4, ['level0.0']);
  expect(bodyOf('a')).toMatchObject({ round: 4, assigned: { split: 'test' } });
});

test('a path that took no step since its router documents were scored is not scored again: starving stops nobody', () => {
  run = runFacts('r', [2, 2], { evaluateEvery: 2, earlyStopping: { patience: 1 } });
  state = { ...evaluatePlan.init(run), lastRound: 100 };
  const scored = () => Object.keys(campaignOf(state, run)?.parts ?? {});
  const score = (isConfirmed = true) => {
    for (let i = 0; offer(`v${i}`); i++) take(`v${i}`);
    for (const part of Object.values(state.campaign!.parts)) part.confirmed = isConfirmed ? 'l' : null;
    state.folding = 'best';
    evaluatePlan.settle(state, run, { type: 'folded', fold: 'best', result: null }, 0);
  };
  const train = (version: number, paths: readonly string[]) => {
    reach(version);
    for (const path of paths) run.paths[path]!.steps = version * run.spec.inner.steps;
  };
  const all = Object.keys(run.paths);
  train(2, all);
  expect(scored()).toEqual(all);
  score();
  train(4, all.slice(1));
  expect(scored()).toEqual(all.slice(1));
  score(false);
  train(6, ['0-1', '1-0']);
  // An unconfirmed score did not count: it is computed again.
  expect(scored()).toEqual(all.slice(1));
  score();
  train(8, []);
  state.stoppingRound = 0;
  expect(campaignOf(state, run)).toBeNull();
  route();
  expect(scored()).toEqual(all);
});
