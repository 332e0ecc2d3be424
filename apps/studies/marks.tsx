import type { Chart } from '@pathfold/protocol/study-spec';
import { BOTTOM, EDGE, HEIGHT, LEFT, pathOf, type Scale, WIDTH } from './scale.ts';

type Lines = Chart['lines'];

interface MarksProps {
  readonly lines: Lines;
  readonly scale: Scale;
}

/** The newest of each group. */
export const newestOf = (lines: Lines): Lines => [...new Map(lines.map((line) => [line.group, line])).values()];

/** The newest line of each group is bold, its past is thin. */
export function Curves({ lines, scale }: MarksProps) {
  const newest = new Set(newestOf(lines));
  const shown = newestOf(lines).flatMap(({ group }) => lines.filter((line) => line.group === group));
  return shown.map((line) => (
    <polyline
      key={line.label}
      points={pathOf(scale, line.points)}
      className={`fill-none ${newest.has(line) ? 'stroke-signal' : 'stroke-ink opacity-20'}`}
      strokeWidth={newest.has(line) ? 2.5 : 1}
    />
  ));
}

/** The target, dashed, and one of the frames. */
export function Frame({ lines, scale, frame }: MarksProps & { readonly frame: number }) {
  const target = lines.filter(({ group }) => group === 'target');
  const now = lines.filter(({ group }) => group !== 'target')[frame];
  return (
    <>
      {target.map(({ label, points }) => (
        <polyline
          key={label}
          points={pathOf(scale, points)}
          className="fill-none stroke-ink"
          strokeWidth={1.5}
          strokeDasharray="5 4"
        />
      ))}
      {now && <polyline points={pathOf(scale, now.points)} className="fill-none stroke-signal" strokeWidth={2.5} />}
    </>
  );
}

export function Bars({ lines, scale }: MarksProps) {
  const points = lines[0]?.points ?? [];
  const width = (scale.at([scale.right, 0])[0] - scale.at([scale.left, 0])[0]) / Math.max(1, points.length - 1);
  return points.map(([x, y]) => {
    const [middle, top] = scale.at([x, y]);
    const height = HEIGHT - BOTTOM - top;
    return (
      <rect key={x} x={middle - 0.4 * width} y={top} width={0.8 * width} height={height} className="fill-signal" />
    );
  });
}

const COLOURS = ['fill-signal', 'fill-amber', 'fill-red', 'fill-ink', 'fill-soft'];

/** A numeral for each point: which group it belongs to can be read without its colour. */
export function Dots({ lines, scale }: MarksProps) {
  return lines.map(({ label, points }, i) => (
    <g key={label} className={`${COLOURS[i % COLOURS.length]} font-semibold text-lg sm:text-xs`}>
      {points.map((point) => {
        const [x, y] = scale.at(point);
        return (
          <text key={point.join(' ')} x={x} y={y} textAnchor="middle" dominantBaseline="central">
            {label.split(' ').at(-1)}
          </text>
        );
      })}
    </g>
  ));
}

/** Branches; those of group `champion` bold, down to the newest. */
export function Branches({ lines, scale }: MarksProps) {
  return lines.map(({ label, group, points }) => (
    <polyline
      key={label}
      points={pathOf(scale, points)}
      className={`fill-none ${group === 'champion' ? 'stroke-signal' : 'stroke-ink opacity-30'}`}
      strokeWidth={group === 'champion' ? 2.5 : 1}
    />
  ));
}

/** A row for each line, named at the left, and in it a cell for each point: the fuller, the nearer to 1. */
export function Cells({ lines }: { readonly lines: Lines }) {
  const height = (HEIGHT - BOTTOM - EDGE) / lines.length;
  return lines.map(({ label, points }, row) => {
    const top = EDGE + row * height;
    const width = (WIDTH - LEFT - EDGE) / points.length;
    return (
      <g key={label}>
        <text
          x={LEFT - 6}
          y={top + height / 2}
          textAnchor="end"
          dominantBaseline="central"
          className="fill-ink text-lg sm:text-xs"
        >
          {label.split(' ').at(-1)}
        </text>
        {points.map(([place, value], column) => (
          <rect
            key={place}
            x={LEFT + column * width}
            y={top}
            width={width - 1}
            height={height - 1}
            fillOpacity={value}
            className="fill-signal stroke-line"
          />
        ))}
      </g>
    );
  });
}
