import { expect, test } from 'vitest';
import { judge } from '../claims.ts';
import { Results } from '../results.ts';
import { CLAIMS } from './claims.ts';
import { report } from './report.ts';
import { type ArmConfig, settings } from './settings.ts';
import { specOf } from './start.ts';

const { arms } = settings(false);
const results = new Results([1]);
const nats = { dense: 1.7, 'dense-half': 1.69, 'dense-double': 1.72, diloco: 1.66, 'diloco-big': 1.65 };
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

test('mixtures are compared with the best dense rate, and with DiLoCo of as many replicas', () => {
  const [end, routing, domains] = report(results, arms).tables;
  const rowOf = (arm: string) => end!.rows.find(([name]) => name === arm)!;
  const percent = (of: number, than: number) => `${(-100 * Math.expm1(of - than)).toFixed(1)} %`;
  expect(rowOf('grid').slice(3, 5)).toEqual([percent(1.63, 1.69), percent(1.63, 1.66)]);
  expect(rowOf('big').slice(3, 5)).toEqual([percent(1.6, 1.69), percent(1.6, 1.65)]);
  expect(routing!.rows.map(([arm]) => arm)).toEqual(['grid', 'big']);
  expect(domains!.rows).toEqual([['a', '–', '–', '–', '1.600', '–', '–', '3 4']]);
});

test('what is claimed of re-routing and early stopping compares figures of one arm; a dense rate that lacks decides nothing', () => {
  const measured = (id: string, of = results.at(1)) => judge(CLAIMS, [of]).find((claim) => claim.id === id)!.measured;
  expect(measured('dipaco.2.7.6').mean).toBeCloseTo(-Math.expm1(-0.01), 12);
  expect(measured('dipaco.2.7.6c').mean).toBeCloseTo(-Math.expm1(0.01), 12);
  expect(measured('dipaco.2.7.7b').mean).toBeCloseTo(-Math.expm1(-0.005), 12);
  expect(measured('dipaco.2.7.2b-big').mean).toBeCloseTo(-Math.expm1(-0.05), 12);
  const without = results.at(1);
  expect(measured('dipaco.2.7.1', (arm, figure) => (arm === 'dense-half' ? Number.NaN : without(arm, figure))).n).toBe(
    0,
  );
});

test.each([false, true])('every arm is a run that the product would take (quick: %s)', (quick) => {
  for (const { config } of Object.values(settings(quick).arms))
    expect(() => specOf(config as unknown as ArmConfig, 1)).not.toThrow();
});

test('every arm that a claim or a plot names is there, and the long ones are not among the first', () => {
  const named = new Set<string>();
  for (const { measure } of CLAIMS)
    measure((arm) => {
      named.add(arm);
      return 1;
    });
  expect([...named].filter((arm) => !arms[arm])).toEqual([]);
  expect(Object.values(arms).some(({ when }) => when === 'first')).toBe(true);
});
