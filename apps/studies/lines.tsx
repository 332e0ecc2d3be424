import type { Chart } from '@pathfold/protocol/study-spec';

const [WIDTH, HEIGHT, LEFT, BOTTOM] = [560, 260, 46, 34];
/** Of one group so many are drawn: the newest, and some of its past. */
const MOST_OF_GROUP = 24;

const short = (value: number): string =>
  Math.abs(value) >= 1e4 ? value.toExponential(0) : String(Number(value.toPrecision(3)));

/** Lines of a study: of each group the newest is bold, its past is thin. The table says the newest in words. */
export function Lines({ chart }: { readonly chart: Chart }) {
  const drawable = chart.lines.filter(({ points }) => points.length > 0);
  const groups = new Set(drawable.map(({ group }) => group));
  const lines = [...groups].flatMap((name) =>
    drawable
      .filter(({ group }) => group === name)
      .slice(-MOST_OF_GROUP)
      .map((line, i, all) => ({ ...line, isNewest: i === all.length - 1 })),
  );
  const newest = lines.filter(({ isNewest }) => isNewest);
  if (newest.length === 0)
    return <p className="text-muted">Nothing to draw yet: the first figures are on their way.</p>;
  const points = lines.flatMap((line) => line.points);
  const [xs, ys] = [points.map(([x]) => x), points.map(([, y]) => y)];
  const [left, right, low, high] = [Math.min(...xs), Math.max(...xs), Math.min(0, ...ys), Math.max(...ys)];
  const at = ([x, y]: readonly [number, number]) => {
    const across = right > left ? (x - left) / (right - left) : 0.5;
    const up = high > low ? (y - low) / (high - low) : 0.5;
    return `${(LEFT + across * (WIDTH - LEFT - 8)).toFixed(1)},${(HEIGHT - BOTTOM - up * (HEIGHT - BOTTOM - 8)).toFixed(1)}`;
  };
  return (
    <figure>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={chart.title} className="w-full">
        <path className="fill-none stroke-line" d={`M${LEFT} 8V${HEIGHT - BOTTOM}H${WIDTH - 8}`} />
        {lines.map(({ label, isNewest, points: drawn }) => (
          <polyline
            key={label}
            points={drawn.map(at).join(' ')}
            className={`fill-none ${isNewest ? 'stroke-signal' : 'stroke-ink opacity-20'}`}
            strokeWidth={isNewest ? 2.5 : 1}
          />
        ))}
        <g className="fill-ink text-xs">
          <text x={LEFT - 4} y={16} textAnchor="end">
            {short(high)}
          </text>
          <text x={LEFT - 4} y={HEIGHT - BOTTOM} textAnchor="end">
            {short(low)}
          </text>
          <text x={LEFT} y={HEIGHT - 16}>
            {short(left)}
          </text>
          <text x={WIDTH - 8} y={HEIGHT - 16} textAnchor="end">
            {short(right)}
          </text>
          <text x={WIDTH / 2} y={HEIGHT - 4} textAnchor="middle">{`${chart.x} (across), ${chart.y} (up)`}</text>
        </g>
      </svg>
      <figcaption className="text-sm">
        {newest.map(({ label, points: drawn }) => `${label}: ${short(drawn.at(-1)![1])}`).join(' · ')}
      </figcaption>
    </figure>
  );
}
