import { Chart } from '@pathfold/protocol/study-spec';
import { expect, test } from 'vitest';
import { chartsOf } from './plan-charts.ts';
import { type Chain, newChain } from './plan-state.ts';
import { LitterConfig, PORTRAIT_INPUTS } from './task.ts';

const config = LitterConfig.parse({ arms: [{ name: 'baldwin', method: 'baldwin' }], population: 8 });
const points = PORTRAIT_INPUTS.length;

function painted(): Chain {
  const chain = newChain(config, 0, 0);
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
  expect(chartsOf([newChain(config, 0, 0)], config).map(({ lines }) => lines.length)).toEqual([0, 0]);
});

test('a portrait becomes frames by lesson, a histogram of rates, and the tree with the line of the champion', () => {
  const [, , frames, bars, tree] = chartsOf([painted()], config).map((chart) => Chart.parse(chart));
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
