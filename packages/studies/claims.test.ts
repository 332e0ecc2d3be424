import { expect, test } from 'vitest';
import { type ClaimSpec, type FigureOf, judge, spreadOf, verdictOf } from './claims.ts';
import { STUDIES } from './names.ts';
import { Results } from './results.ts';

const gap: ClaimSpec = {
  id: 'test.1',
  claim: 'b is lower than a',
  bound: { op: '>=', value: 0.5 },
  measure: (of) => of('a') - of('b'),
};
const figures =
  (a: number, b: number): FigureOf =>
  (arm) =>
    arm === 'a' ? a : b;

test('mean and deviation of a sample; what is no number does not count', () => {
  expect(spreadOf([1, 2, 3, Number.NaN])).toEqual({ mean: 2, std: 1, n: 3 });
  expect(spreadOf([5])).toEqual({ mean: 5, std: null, n: 1 });
  expect(spreadOf([Number.NaN])).toEqual({ mean: null, std: null, n: 0 });
});

test('a claim compares arms seed by seed, and the mean with its bound', () => {
  const [claim] = judge([gap], [figures(2, 1), figures(3, 2.8), figures(4, 3.7)]);
  expect(claim).toMatchObject({ id: 'test.1', bound: { op: '>=', value: 0.5 }, holds: true });
  expect(claim!.measured.mean).toBeCloseTo(0.5, 12);
  expect(claim!.measured.std).toBeCloseTo(Math.sqrt((0.5 ** 2 + 0.3 ** 2 + 0.2 ** 2) / 2), 12);
  expect(judge([{ ...gap, bound: { op: '<=', value: 0.4 } }], [figures(2, 1)])[0]!.holds).toBe(false);
});

test.each([
  ['>=', 0.5, [0.6, 0.61, 0.62], 'held'],
  ['>=', 0.5, [0.4, 0.6, 0.8], 'undecided'],
  ['>=', 0.5, [0.3, 0.31, 0.32], 'not_held'],
  ['<=', 0.5, [0.3, 0.31, 0.32], 'held'],
  ['<=', 0.5, [0.4, 0.6, 0.5], 'undecided'],
  ['<=', 0.5, [0.6, 0.61, 0.62], 'not_held'],
  ['>=', 1, [1, 1, 1], 'held'],
  ['>=', 0.5, [9, 9], 'undecided'],
  ['>=', 0.5, [], 'not_measured'],
] as const)('%s %d by seeds %j is %s', (op, value, seeds, verdict) => {
  expect(verdictOf(spreadOf(seeds), { op, value })).toBe(verdict);
});

test("the interval is Student's: mean 1, deviation 1, three seeds reach 4.303 / √3 = 2.484 down", () => {
  const spread = { mean: 1, std: 1, n: 3 };
  expect(verdictOf(spread, { op: '>=', value: -1.48 })).toBe('undecided');
  expect(verdictOf(spread, { op: '>=', value: -1.49 })).toBe('held');
});

test('points of curves are figures by their place', () => {
  const results = new Results([1]);
  const points = [
    [5, 2],
    [9, 1],
  ] as const;
  results.add('a', 1, { figures: { nats: 2, 'steps.1': 7 }, curves: { steps: points, seconds: points } });
  const of = results.at(1);
  expect(['seconds.0', 'seconds.1', 'steps.1', 'seconds.2', 'none.0'].map((figure) => of('a', figure))).toEqual([
    ...[5, 9, 7, Number.NaN, Number.NaN],
  ]);
});

test('a seed without one of the arms does not count, and nothing measured never holds', () => {
  const results = new Results([1, 2]);
  results.add('a', 1, { figures: { nats: 2 }, curves: {} });
  results.add('b', 1, { figures: { nats: 1 }, curves: {} });
  results.add('a', 2, { figures: { nats: 9 }, curves: {} });
  const [claim] = judge(
    [gap],
    results.seeds.map((seed) => results.at(seed)),
  );
  expect(claim!.measured).toEqual({ mean: 1, std: null, n: 1 });
  const [empty] = judge([{ ...gap, bound: { op: '<=', value: 99 } }], [results.at(2)]);
  expect(empty).toMatchObject({ measured: { mean: null, std: null, n: 0 }, holds: false });
});

test.each(Object.keys(STUDIES))('without results no claim of %s is measured', async (name) => {
  const { claims } = (await STUDIES[name]!.load()).design(false);
  const measured = judge(claims, [() => Number.NaN]).filter(({ measured: { n } }) => n > 0);
  expect(measured.map(({ id }) => id)).toEqual([]);
});
