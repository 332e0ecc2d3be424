import { type Line, pointOf } from '../plots.ts';

type Curve = readonly (readonly [x: number, y: number])[];

/** The mean of the seeds where all of them have a point. A re-sharding has two at one step: first goes with first. */
export function trajectory(label: string, seeds: readonly Curve[]): Line {
  const [first, ...others] = seeds.map(
    (curve) =>
      new Map(
        curve.map(([x, y], at) => [`${x} ${curve.slice(0, at).filter(([before]) => before === x).length}`, { x, y }]),
      ),
  );
  const points = [...(first ?? [])].flatMap(([key, { x, y }]) => {
    const known = others.flatMap((other) => other.get(key) ?? []);
    return known.length === others.length ? [pointOf(x, [y, ...known.map((point) => point.y)])] : [];
  });
  return { label, points };
}
