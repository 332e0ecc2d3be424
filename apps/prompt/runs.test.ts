import type { RunResource } from '@pathfold/protocol/resources';
import { expect, test } from 'vitest';
import { canAnswer, canReroute, firstToAsk, refusalOf } from './runs.ts';

const run = (id: string, facts: Partial<RunResource>) =>
  ({
    ...{ id, state: 'training', round: 0, keptRounds: [0], tokens: 0, reason: null, spec: { base: null } },
    ...facts,
  }) as RunResource;

test('a run can be asked when /v1 answers for it, whatever its slowest module has come to', () => {
  expect(canAnswer(run('one module waits', { tokens: 5000 }))).toBe(true);
  expect(canAnswer(run('not routed', { keptRounds: [] }))).toBe(false);
  const spec = { base: { packaged: 'starter' } } as RunResource['spec'];
  expect(canAnswer(run('not routed, from a base', { keptRounds: [], spec }))).toBe(true);
  expect(canAnswer(run('from a base', { keptRounds: [], spec, state: 'preparing' }))).toBe(false);
  expect(canAnswer(run('a study', { study: 'baldwin' }))).toBe(false);
});

test('what is trained is asked first', () => {
  const [preparing, fresh, trained] = [
    run('preparing', { state: 'preparing', keptRounds: [] }),
    run('fresh', {}),
    run('trained', { tokens: 5000 }),
  ];
  expect(firstToAsk([preparing, fresh, trained])?.id).toBe('trained');
  expect(firstToAsk([preparing, fresh])?.id).toBe('fresh');
  expect(firstToAsk([preparing])?.id).toBe('preparing');
});

test('a path is chosen again only where there are several and not chance chooses', () => {
  const by = (pathCount: number, kind: string) =>
    canReroute(run('r', { pathCount, spec: { routing: { kind } } as RunResource['spec'] }));
  expect([by(4, 'kmeans'), by(4, 'random'), by(1, 'kmeans')]).toEqual([true, false, false]);
});

test('a run that cannot be asked says why', () => {
  const titleOf = (facts: Partial<RunResource>) => refusalOf(run('r', { keptRounds: [], ...facts })).title;
  expect(titleOf({ state: 'preparing' })).toBe('This run is being prepared');
  expect(titleOf({})).toBe('Documents are not routed yet');
  expect(titleOf({ study: 'baldwin' })).toBe('This run is a study');
  expect(refusalOf(run('r', { state: 'failed', reason: 'corpus_too_short' })).words).toBe('corpus_too_short');
});
