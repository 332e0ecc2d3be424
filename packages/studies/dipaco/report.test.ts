import { expect, test } from 'vitest';
import { judge } from '../claims.ts';
import { Results } from '../results.ts';
import { claimsOf } from './claims.ts';
import { report } from './report.ts';
import { type ArmConfig, settings } from './settings.ts';
import { specOf } from './start.ts';
import { trajectory } from './trajectory.ts';

const { arms } = settings(false);
const claims = claimsOf(Object.keys(arms));
const results = new Results([1]);
const nats = {
  ...{ dense: 1.7, 'dense-half': 1.69, 'dense-double': 1.72, random: 1.68, 'half-dense': 1.75, 'half-grid': 1.71 },
  ...{ diloco: 1.66, 'diloco-half': 1.67, 'diloco-double': 1.65, 'diloco-big': 1.64, 'scarce-small': 1.8 },
};
for (const [arm, value] of Object.entries(nats)) results.add(arm, 1, { figures: { nats: value }, curves: {} });
const mixture = { 'nats a': 1.6, rerouted32: 1.62, page32: 1.64, early: 1.625, oracle: 1.5 };
results.add('grid', 1, {
  figures: { nats: 1.63, ...mixture },
  curves: {
    'confusion a': [
      [0, 3],
      [1, 4],
    ],
  },
});
results.add('big', 1, { figures: { nats: 1.6, ...mixture }, curves: {} });

test('mixtures are compared with the best rate of dense and of DiLoCo with as many replicas, on the same data', () => {
  const [end, routing, domains] = report(results, arms).tables;
  const rowOf = (arm: string) => end!.rows.find(([name]) => name === arm)!;
  const percent = (of: number, than: number) => `${(-100 * Math.expm1(of - than)).toFixed(1)} %`;
  expect(rowOf('grid').slice(4, 7)).toEqual([percent(1.63, 1.69), percent(1.63, 1.65), percent(1.63, 1.66)]);
  expect(rowOf('big').slice(4, 7)).toEqual([percent(1.6, 1.69), percent(1.6, 1.64), percent(1.6, 1.64)]);
  // On the same data or not at all.
  expect(rowOf('half-grid').slice(4, 6)).toEqual([percent(1.71, 1.75), '–']);
  expect(rowOf('scarce-small').slice(4, 6)).toEqual(['–', '–']);
  expect(routing!.rows.map(([arm]) => arm)).toEqual(['grid', 'big']);
  expect(domains!.rows).toEqual([['a', '–', '–', '–', '1.600', '–', '–', '3 4']]);
});

const measured = (id: string, of = results.at(1)) => judge(claims, [of]).find((claim) => claim.id === id)!.measured;

test('what is claimed of re-routing and early stopping compares figures of one arm; a dense rate that lacks decides nothing', () => {
  expect(measured('dipaco.2.7.6').mean).toBeCloseTo(-Math.expm1(-0.01), 12);
  expect(measured('dipaco.2.7.6c').mean).toBeCloseTo(-Math.expm1(0.01), 12);
  expect(measured('dipaco.2.7.7b').mean).toBeCloseTo(-Math.expm1(-0.005), 12);
  expect(measured('dipaco.2.7.2b-big').mean).toBeCloseTo(-Math.expm1(-0.04), 12);
  expect(measured('dipaco.2.7.2b-grid').mean).toBeCloseTo(-Math.expm1(-0.02), 12);
  expect(measured('dipaco.2.7.5').mean).toBeCloseTo(-Math.expm1(0.02), 12);
  const without = results.at(1);
  expect(measured('dipaco.2.7.1', (arm, figure) => (arm === 'dense-half' ? Number.NaN : without(arm, figure))).n).toBe(
    0,
  );
});

test('a re-sharding that was refused decides no claim of its arm, and the table shows it', () => {
  const of = results.at(1);
  const grid = (arm: string, figure?: string) => (arm === 'grid' && figure === 'refused' ? 1 : of(arm, figure));
  const ids = ['dipaco.2.7.1', 'dipaco.2.7.4', 'dipaco.2.7.6', 'dipaco.2.7.6b', 'dipaco.2.7.6d'];
  for (const id of ids) expect(measured(id, grid).n).toBe(0);
  const refused = new Results([1]);
  refused.add('grid', 1, { figures: { nats: 1.6, oracle: 1.5, refused: 1 }, curves: {} });
  const { head, rows } = report(refused, arms).tables[1]!;
  expect(rows[0]![head.indexOf('refused')]).toBe('1.0');
});

test('the way of an arm keeps both points of a re-sharding; a step that only one seed has is left out', () => {
  const seeds = [
    [0, 25, 30, 30, 50].map((x, at) => [x, 2 - at / 10] as const),
    [0, 25, 30, 30].map((x, at) => [x, 3 - at / 10] as const),
  ];
  const { points } = trajectory('grid', seeds);
  expect(points.map(({ x }) => x)).toEqual([0, 25, 30, 30]);
  expect(points.map(({ y }) => Number(y.toFixed(6)))).toEqual([2.5, 2.4, 2.3, 2.2]);
});

test.each([false, true])('every arm is a run that the product would take (quick: %s)', (quick) => {
  for (const { config } of Object.values(settings(quick).arms))
    expect(() => specOf(config as unknown as ArmConfig, 1)).not.toThrow();
});

test('each step of re-routing counts, the first included', () => {
  const of =
    (each: Readonly<Record<string, number>>) =>
    (arm: string, figure = 'nats') =>
      arm === 'grid' ? (each[figure] ?? Number.NaN) : Number.NaN;
  const steps = { nats: 1.7, rerouted128: 1.66, rerouted64: 1.65, rerouted32: 1.645, rerouted16: 1.644 };
  expect(measured('dipaco.2.7.6b', of(steps)).mean).toBeCloseTo(Math.exp(-0.055) - Math.exp(-0.056), 12);
  expect(measured('dipaco.2.7.6d', of(steps)).mean).toBeCloseTo(1 - 2 * Math.exp(-0.04) + Math.exp(-0.05), 12);
  expect(measured('dipaco.2.7.6b', of({ ...steps, rerouted128: 1.71 })).mean).toBeLessThan(0);
});

test('each of the eleven statements has a claim whose arms the full study computes', () => {
  const isDecided = (statement: number) =>
    claims
      .filter(({ id }) => RegExp(`^dipaco\\.2\\.7\\.${statement}(\\D|$)`).test(id))
      .some(({ measure }) => {
        const named: string[] = [];
        measure((arm) => {
          named.push(arm);
          return Number.NaN;
        });
        return named.every((arm) => arms[arm]!.when !== 'long');
      });
  expect(Array.from({ length: 11 }, (_, at) => at + 1).filter((statement) => !isDecided(statement))).toEqual([]);
});

test('every arm that a claim or a plot names is there, and the long ones are not among the first', () => {
  const named = new Set<string>();
  for (const { measure } of claims)
    measure((arm) => {
      named.add(arm);
      return 1;
    });
  expect([...named].filter((arm) => !arms[arm])).toEqual([]);
  expect(Object.values(arms).some(({ when }) => when === 'first')).toBe(true);
});
