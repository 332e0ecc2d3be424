import type { Chart } from '@pathfold/protocol/study-spec';

type Line = Chart['lines'][number];
type Point = Line['points'][number];

/** Size of a chart in its own units, and the margins that its axes take. */
export const [WIDTH, HEIGHT, LEFT, BOTTOM, EDGE] = [560, 260, 46, 34, 10];

/** Where points of a chart are drawn. */
export interface Scale {
  readonly left: number;
  readonly right: number;
  readonly low: number;
  readonly high: number;
  at(point: Point): readonly [number, number];
}

/** The scale that all of these lines fit in; `fromZero`: it shows 0 as well. */
export function scaleOf(lines: readonly Line[], fromZero: boolean): Scale {
  const points = lines.flatMap((line) => line.points);
  const [xs, ys] = [points.map(([x]) => x), points.map(([, y]) => y)];
  const [left, right] = [Math.min(...xs), Math.max(...xs)];
  const [low, high] = [Math.min(...ys, ...(fromZero ? [0] : [])), Math.max(...ys)];
  return {
    left,
    right,
    low,
    high,
    at([x, y]) {
      const across = right > left ? (x - left) / (right - left) : 0.5;
      const up = high > low ? (y - low) / (high - low) : 0.5;
      return [LEFT + EDGE + across * (WIDTH - LEFT - 2 * EDGE), HEIGHT - BOTTOM - up * (HEIGHT - BOTTOM - EDGE)];
    },
  };
}

export const pathOf = ({ at }: Scale, points: readonly Point[]): string =>
  points
    .map((point) =>
      at(point)
        .map((place) => place.toFixed(1))
        .join(','),
    )
    .join(' ');

export function short(value: number): string {
  const size = Math.abs(value);
  if (size >= 1e7) return value.toExponential(0);
  return String(size >= 1000 ? Math.round(value) : Number(value.toPrecision(3)));
}
