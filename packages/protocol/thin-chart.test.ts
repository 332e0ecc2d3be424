import { expect, test } from 'vitest';
import type { Chart } from './study-spec.ts';
import { thinChart } from './thin-chart.ts';

const lines = (groups: number, each: number, points: number): Chart['lines'] =>
  Array.from({ length: groups * each }, (_, i) => ({
    label: `line ${i}`,
    group: String(Math.floor(i / each)),
    points: Array.from({ length: points }, (_, x): [number, number] => [x, i + x / 7]),
  }));
const chart = (drawn: Chart['lines'], as: Chart['as'] = 'lines'): Chart => ({
  title: 't',
  x: 'x',
  y: 'y',
  as,
  lines: drawn,
});

test('a small chart is sent as it is, to five digits', () => {
  const small = thinChart(chart(lines(2, 3, 4)));
  expect(small.lines.map(({ label }) => label)).toEqual(lines(2, 3, 4).map(({ label }) => label));
  expect(small.lines[1]!.points[3]).toEqual([3, 1.4286]);
});

test('however long a run is, its charts stay small, and the newest of each group stays whole in time', () => {
  const long = thinChart(chart(lines(300, 50, 200)));
  expect(JSON.stringify(long).length).toBeLessThan(200_000);
  for (let group = 0; group < 300; group++) {
    const newest = long.lines.filter((line) => line.group === String(group)).at(-1)!;
    expect(newest.label).toBe(`line ${50 * group + 49}`);
    expect(newest.points.at(-1)![0]).toBe(199);
  }
  const one = thinChart(chart(lines(1, 10_000, 11)));
  expect(one.lines).toHaveLength(24);
  expect(one.lines.at(-1)!.label).toBe('line 9999');
});

test('frames stay all, branches up to some hundreds', () => {
  expect(thinChart(chart(lines(1, 100, 10), 'frames')).lines).toHaveLength(100);
  expect(thinChart(chart(lines(2, 5000, 2), 'tree')).lines.length).toBeLessThanOrEqual(1200);
});
