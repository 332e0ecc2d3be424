import { expect, test } from 'vitest';
import { lineOf, linePlot } from './plots.ts';

const y = { label: 'nats' };

test('a line is the mean of its seeds where all of them have a point, its band their extremes', () => {
  const curve = lineOf('k4', [
    [
      [1, 2],
      [2, 4],
      [3, 9],
    ],
    [
      [1, 4],
      [2, 4],
    ],
  ]);
  expect(curve.points).toEqual([
    { x: 1, y: 3, low: 2, high: 4 },
    { x: 2, y: 4, low: 4, high: 4 },
  ]);
});

test('names are text, not markup, and labels of lines that end together do not touch', () => {
  const lines = ['<b>&', 'other', 'third'].map((label, i) =>
    lineOf(label, [
      [
        [1, 2],
        [2, 3 + i / 1000],
      ],
    ]),
  );
  const { svg } = linePlot('loss', 'Loss "of" <all>', { label: 'steps' }, y, lines);
  expect(svg).toContain('&lt;b&gt;&amp;');
  expect(svg).not.toMatch(/NaN|Infinity|undefined|<b>/);
  const heights = [...svg.matchAll(/<text class="fill" x="\d+" y="([\d.]+)"/g)].map(([, at]) => Number(at));
  expect(heights).toHaveLength(3);
  for (const [i, a] of heights.entries())
    for (const b of heights.slice(i + 1)) expect(Math.abs(a - b)).toBeGreaterThanOrEqual(15);
});

test('nothing to draw is said, and one value alone still gets its axes', () => {
  expect(linePlot('h', 'H', { label: 'H', log: true }, y, []).svg).toContain('nothing yet');
  const one = linePlot('h', 'H', { label: 'H', log: true }, y, [lineOf('a', [[[25, 2]]])]);
  expect(one.svg).not.toMatch(/NaN|Infinity/);
});
