import { useEffect, useMemo, useRef, useState } from 'react';
import { classNames } from '../class-names.ts';
import { formatDuration, plural } from '../formats.ts';
import { type Cell, expertOf, freshness, type Grid, layOut } from './grid-shape.ts';

const FIRST_WIDTH = 720;

/** The width that an element has on the screen. */
function useWidth() {
  const ref = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(FIRST_WIDTH);
  useEffect(() => {
    const element = ref.current;
    if (!element) return;
    const observer = new ResizeObserver(() => setWidth(element.clientWidth));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return { ref, width };
}

const PLAIN_LINE = '#35544d';

function CellBox({ cell, ageMs, lit, busy }: { cell: Cell; ageMs: number | null; lit: boolean; busy: boolean }) {
  const { x, y, width, height, module } = cell;
  const expert = expertOf(module.name);
  const version = `v${module.version}`;
  const age = ageMs === null || width < 90 ? version : `${version}, ${formatDuration(ageMs)}`;
  const stroke = lit ? 'var(--color-trace-second)' : busy ? 'var(--color-trace)' : PLAIN_LINE;
  const text = { x: x + width / 2, textAnchor: 'middle' as const, fill: '#e9f4f0' };
  return (
    <>
      <rect {...{ x, y, width, height }} rx={Math.min(4, height / 3)} fill="var(--color-screen)" />
      <rect
        {...{ x, y, width, height, stroke }}
        rx={Math.min(4, height / 3)}
        strokeWidth={lit ? 2.5 : 1.25}
        fill="var(--color-trace)"
        fillOpacity={0.04 + 0.36 * freshness(ageMs)}
      />
      {height >= 34 && expert !== null ? (
        <>
          <text {...text} y={y + height / 2 - 4} fontSize={12}>
            {expert}
          </text>
          <text {...text} y={y + height / 2 + 13} fontSize={12} className="figure">
            {age}
          </text>
        </>
      ) : (
        height >= 14 && (
          <text {...text} y={y + height / 2 + 4} fontSize={11} className="figure">
            {age}
          </text>
        )
      )}
    </>
  );
}

/**
 * The grid on the instrument's screen: a column a level, a cell an expert, a line between modules that follow each
 * other on a path. Bright cells are fresh, bright lines are being trained, and what `lit` names stands out.
 */
export function PathPicture({
  grid,
  ageMs,
  busy,
  stale,
  lit,
  onPoint,
}: {
  readonly grid: Grid;
  /** Since a module's last version, by name. */
  readonly ageMs: (module: string) => number | null;
  /** Paths that are trained now. */
  readonly busy: ReadonlySet<string>;
  readonly stale: ReadonlySet<string>;
  /** Null when nothing is pointed at. */
  readonly lit: ReadonlySet<string> | null;
  /** The paths that cross the module under the pointer; null when it leaves. */
  readonly onPoint: (paths: readonly string[] | null) => void;
}) {
  const { ref, width } = useWidth();
  const layout = useMemo(() => layOut(grid, width), [grid, width]);
  const crossing = useMemo(() => {
    const paths = new Map<string, Set<string>>();
    for (const edge of grid.edges)
      for (const name of [edge.from, edge.to]) paths.set(name, new Set([...(paths.get(name) ?? []), ...edge.paths]));
    return paths;
  }, [grid]);
  const some = (paths: Iterable<string>, set: ReadonlySet<string> | null) => [...paths].some((path) => set?.has(path));
  const lines = layout.lines
    .map((line) => {
      const rank = some(line.paths, lit)
        ? 3
        : some(line.paths, busy)
          ? 2
          : line.paths.every((path) => stale.has(path))
            ? 1
            : 0;
      return { ...line, rank };
    })
    .toSorted((a, b) => a.rank - b.rank);
  const count = grid.columns.reduce((sum, { modules }) => sum + modules.length, 0);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by key
    <section aria-label="Picture of the paths" tabIndex={0} ref={ref} className="overflow-x-auto rounded-md bg-screen">
      <svg
        role="img"
        aria-label={`${plural(count, 'module')} in ${plural(grid.columns.length, 'column')}; the tables below say the same`}
        width={layout.width}
        height={layout.height}
        className="block font-sans"
        onPointerLeave={() => onPoint(null)}
      >
        {layout.titles.map(({ text, x }) => (
          <text key={text} x={x} y={21} textAnchor="middle" fontSize={12} fill="var(--color-screen-text)">
            {text}
          </text>
        ))}
        {lines.map(({ from, to, d, rank }) => (
          <path
            key={`${from} ${to}`}
            d={d}
            fill="none"
            className={classNames(rank === 2 && 'path-busy')}
            stroke={[PLAIN_LINE, 'var(--color-mark)', 'var(--color-trace)', 'var(--color-trace-second)'][rank]}
            strokeWidth={[1, 1.25, 1.75, 2.75][rank]}
            opacity={lit && rank < 3 ? 0.3 : 1}
          />
        ))}
        {layout.cells.map((cell) => {
          const paths = crossing.get(cell.module.name) ?? new Set<string>();
          const isLit = some(paths, lit);
          return (
            <g key={cell.module.name} opacity={lit && !isLit ? 0.4 : 1} onPointerEnter={() => onPoint([...paths])}>
              <CellBox cell={cell} ageMs={ageMs(cell.module.name)} lit={isLit} busy={some(paths, busy)} />
            </g>
          );
        })}
      </svg>
    </section>
  );
}
