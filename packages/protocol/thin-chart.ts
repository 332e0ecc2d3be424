import type { Chart } from './study-spec.ts';

type Line = Chart['lines'][number];

/** Most lines of one group, and of a chart, where each group keeps its newest; a tree has more branches. */
const MOST_OF_GROUP = 24;
const MOST_LINES = 400;
const MOST_BRANCHES = 600;
/** Points of a chart; a line keeps two. */
const MOST_POINTS = 4000;
const DIGITS = 5;

/** A chart that everybody can read every two seconds, however long it grew: some of the past, evenly, and the newest. */
export function thinChart(chart: Chart): Chart {
  const lines = fewer(chart);
  const most = Math.max(2, Math.floor(MOST_POINTS / Math.max(1, lines.length)));
  return { ...chart, lines: lines.map((line) => ({ ...line, points: some(line.points, most).map(rounded) })) };
}

function fewer({ as: form = 'lines', lines }: Chart): Line[] {
  if (form !== 'lines' && form !== 'tree') return lines;
  const groups = [...new Set(lines.map(({ group }) => group))];
  const most = form === 'tree' ? MOST_BRANCHES : Math.min(MOST_OF_GROUP, Math.floor(MOST_LINES / groups.length) || 1);
  return groups.flatMap((group) =>
    some(
      lines.filter((line) => line.group === group),
      most,
    ),
  );
}

/** The last, and others at even distances from it. */
function some<T>(all: readonly T[], most: number): T[] {
  const distance = Math.ceil(all.length / most);
  return all.filter((_, place) => (all.length - 1 - place) % distance === 0);
}

/** The place that is missed the least, of places in order: its neighbours lie nearest to each other. Never the first or the last. */
export function leastMissed(places: readonly number[]): number {
  let [least, nearest] = [1, Number.POSITIVE_INFINITY];
  for (let i = 1; i + 1 < places.length; i++) {
    const distance = places[i + 1]! - places[i - 1]!;
    if (distance < nearest) [least, nearest] = [i, distance];
  }
  return least;
}

const rounded = ([x, y]: readonly [number, number]): [number, number] => [short(x), short(y)];
const short = (value: number): number => Number(value.toPrecision(DIGITS));
