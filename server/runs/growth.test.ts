import { pathIds, pathModules } from '@pathfold/checkpoint/levels';
import { Random } from '@pathfold/coordination/simulator/random';
import { runFacts } from '@pathfold/coordination/simulator/run-facts';
import { EMBEDDINGS, type LevelSpec, ModelSpec } from '@pathfold/protocol/run-spec';
import { simulatedRoute } from '@pathfold/works/route/plan-simulated';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { growthOf } from './growth.ts';

test('an expert brings a path for each that crosses the one it copies', () => {
  const { levels, paths, modules, grown } = growthOf(runFacts('r', [2, 2]), 1, 0);
  expect(levels.map(({ experts }) => experts)).toEqual([2, 3]);
  expect(paths).toEqual(['0-0', '0-1', '0-2', '1-0', '1-1', '1-2']);
  expect(modules).toEqual({ 'level1.2': 'level1.0' });
  expect(grown).toEqual({
    '0-2': { from: '0-0', modules: ['embedding', 'level0.0', 'level1.2', 'head'] },
    '1-2': { from: '1-0', modules: ['embedding', 'level0.1', 'level1.2', 'head'] },
  });
});

test('a run of one path says how it becomes several', () => {
  expect(() => growthOf(runFacts('r', [1]), 0, 0)).toThrow(/one path and no router: create .* "base":\{"run":"r"\}/);
});

test('private modules of a new path are copies too', () => {
  const facts = runFacts('r', [2, 1]);
  const levels = [
    { experts: 2, blocks: 2 },
    { experts: 'path' as const, blocks: 2 },
  ];
  const paths = {
    '0-0': { ...facts.paths['0-0']!, modules: ['embedding', 'level0.0', 'level1.0', 'head'] },
    '1-1': { ...facts.paths['1-0']!, modules: ['embedding', 'level0.1', 'level1.1', 'head'] },
  };
  const { modules, grown } = growthOf({ ...facts, spec: { ...facts.spec, levels }, paths }, 0, 1);
  expect(modules).toEqual({ 'level0.2': 'level0.1', 'level1.2': 'level1.1' });
  expect(grown['2-2']).toMatchObject({ from: '1-1' });
});

test('whatever grows, all other paths keep their modules, and so their logits', () => {
  const experts = fc.oneof(fc.integer({ min: 1, max: 4 }), fc.constant('path' as const));
  const shapes = fc.record({
    levels: fc.array(
      experts.map((count): LevelSpec => ({ experts: count, blocks: 1 })),
      { minLength: 1, maxLength: 3 },
    ),
    embedding: fc.constantFrom(...EMBEDDINGS),
    level: fc.nat(2),
    expert: fc.nat(3),
  });
  let grew = 0;
  fc.assert(
    fc.property(shapes, ({ levels, embedding, level, expert }) => {
      fc.pre(pathIds(levels).length > 1 && levels[level] !== undefined);
      const model = ModelSpec.parse({ blocks: levels.length, width: 8, heads: 1 });
      const of = (shape: readonly LevelSpec[], id: string) => pathModules(model, shape, id, embedding);
      const known = runFacts('r', [2]);
      const paths = Object.fromEntries(
        pathIds(levels).map((id) => [id, { ...known.paths['0']!, modules: of(levels, id).map(({ name }) => name) }]),
      );
      const facts = { ...known, spec: { ...known.spec, model, levels, embedding }, paths };
      let growth: ReturnType<typeof growthOf>;
      try {
        growth = growthOf(facts, level, expert);
      } catch {
        return;
      }
      grew++;
      for (const id of Object.keys(paths)) {
        expect(growth.paths).toContain(id);
        expect(of(growth.levels, id)).toEqual(of(levels, id));
        for (const name of paths[id]!.modules) expect(growth.modules).not.toHaveProperty([name]);
      }
    }),
    { numRuns: 500, seed: 4 },
  );
  expect(grew).toBeGreaterThan(100);
});

test.each(
  EMBEDDINGS.flatMap((embedding) =>
    [
      [2, 2],
      [4, 1],
      [1, 3],
      [3, 'path' as const],
    ].map((experts) => [experts, embedding] as const),
  ),
)('the simulator makes runs of levels %j grow as the coordinator does, with embedding %s', (experts, embedding) => {
  const facts = runFacts('r', experts, { embedding });
  const drawn = Array.from({ length: 20 }, (_, seed) => simulatedRoute.growth!(facts, new Random(seed)));
  const possible = experts.flatMap((count, level) =>
    Array.from({ length: count === 'path' ? 0 : count }, (_, expert) => {
      try {
        return growthOf(facts, level, expert);
      } catch {
        return null;
      }
    }),
  );
  for (const growth of drawn) expect(possible).toContainEqual(growth);
  expect(new Set(drawn.map((growth) => JSON.stringify(growth))).size).toBe(possible.filter(Boolean).length);
});

test.each([
  ['a run of one path', runFacts('r', [1]), 0, 0, 'wrong_state'],
  ['a level that is not there', runFacts('r', [2, 2]), 2, 0, 'bad_request'],
  ['an expert that is not there', runFacts('r', [2, 2]), 1, 2, 'bad_request'],
  ['more experts than a level may have', runFacts('r', [64]), 0, 0, 'bad_request'],
  ['more paths than are offered', runFacts('r', [32, 32]), 1, 0, 'bad_request'],
])('refuses %s', (_, facts, level, expert, code) => {
  expect(() => growthOf(facts, level, expert)).toThrow(expect.objectContaining({ code }));
});
