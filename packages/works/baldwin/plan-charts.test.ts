import { Chart } from '@pathfold/protocol/study-spec';
import { expect, test } from 'vitest';
import { chartsOf } from './plan-charts.ts';
import { type Evolution, keepCurve, MOST_CURVES, newEvolution } from './plan-state.ts';
import { BaldwinConfig, PORTRAIT_INPUTS } from './task.ts';

const config = BaldwinConfig.parse({ arms: [{ name: 'baldwin', method: 'baldwin' }], population: 8 });
const points = PORTRAIT_INPUTS.length;

function painted(): Evolution {
  const chain = newEvolution(config, 0, 0);
  const rates = [0.001, 0.01, 0.01, 0.9];
  const answers = Array.from({ length: 3 * points }, (_, i) => i);
  Object.assign(chain.tree, { 8: { parent: 2, seed: 8, born: 0 }, 9: { parent: 8, seed: 9, born: 1 } });
  return {
    ...chain,
    generation: 2,
    champion: [9],
    portrait: { generation: 2, genomes: 4, values: [...rates, ...answers] },
  };
}

test('nothing is drawn before there is something to see', () => {
  expect(chartsOf(config, [newEvolution(config, 0, 0)]).map(({ lines }) => lines.length)).toEqual([0, 0]);
});

test('a portrait becomes frames by lesson, a histogram of rates, and the tree with the line of the champion', () => {
  const [, , frames, bars, tree] = chartsOf(config, [painted()]).map((chart) => Chart.parse(chart));
  expect(frames).toMatchObject({ as: 'frames' });
  expect(frames!.lines.map(({ label }) => label)).toEqual(['the sinusoid', 'at birth', 'after 1 lesson']);
  expect(frames!.lines[2]!.points[0]).toEqual([-5, 2 * points]);
  expect(bars!.lines[0]!.points.filter(([, count]) => count > 0)).toEqual([
    [-2.875, 1],
    [-1.875, 2],
    [-0.125, 1],
  ]);
  expect(tree!.lines.map(({ group }) => group)).toEqual(['champion', 'champion']);
  expect(tree!.lines[0]!.points.map(([, generation]) => generation)).toEqual([0, 1]);
});

test('of a long run some curves are kept, evenly, and the newest', () => {
  const chain = newEvolution(config, 0, 0);
  for (let generation = 1; generation <= 1000; generation++)
    keepCurve(chain, { generation, flops: generation, losses: [1] });
  const kept = chain.curves.map(({ generation }) => generation);
  expect(kept).toHaveLength(MOST_CURVES);
  expect(kept.at(-1)).toBe(1000);
  const gaps = kept.slice(1).map((generation, i) => generation - kept[i]!);
  expect(Math.max(...gaps)).toBeLessThanOrEqual((3 * 1000) / MOST_CURVES);
});

test('litters that were lost are told, and how many were lived again', () => {
  const noteOf = (lost: number, relived: number) =>
    chartsOf(config, [{ ...newEvolution(config, 0, 0), lost, relived }])[0]!.note;
  expect(noteOf(0, 0)).toBeUndefined();
  expect(noteOf(1, 1)).toBe('1 litter was lost and lived again.');
  expect(noteOf(3, 2)).toBe('3 litters were lost, 2 of them lived again.');
});
