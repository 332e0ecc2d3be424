import type { Chart } from '@pathfold/protocol/study-spec';
import { Bars, Branches, Cells, Curves, Dots, Frame, newestOf } from './marks.tsx';
import { Player, usePlayer } from './player.tsx';
import { BOTTOM, EDGE, HEIGHT, LEFT, type Scale, scaleOf, short, WIDTH } from './scale.ts';

/** A chart of a study, in whatever form it has; the line below says in words what is newest. */
export function ChartView({ chart }: { readonly chart: Chart }) {
  const { as: form = 'lines', marks = [] } = chart;
  const lines = chart.lines.filter(({ points }) => points.length > 0);
  const frames = form === 'frames' ? lines.filter(({ group }) => group !== 'target') : [];
  const player = usePlayer(frames.length);
  if (lines.length === 0)
    return <p className="text-soft text-sm">Nothing to draw yet: the first figures are on their way.</p>;
  const scale = scaleOf(lines, form === 'lines' || form === 'bars');
  return (
    <figure className="grid gap-1">
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={chart.title} className="w-full">
        {form !== 'cells' && (
          <path className="fill-none stroke-line" d={`M${LEFT} ${EDGE}V${HEIGHT - BOTTOM}H${WIDTH - EDGE}`} />
        )}
        {marks.map((mark) => {
          const [x] = scale.at([mark, 0]);
          return (
            <line
              key={mark}
              x1={x}
              x2={x}
              y1={EDGE}
              y2={HEIGHT - BOTTOM}
              className="stroke-amber"
              strokeDasharray="3 3"
            />
          );
        })}
        {form === 'lines' && <Curves lines={lines} scale={scale} />}
        {form === 'frames' && <Frame lines={lines} scale={scale} frame={player.frame} />}
        {form === 'bars' && <Bars lines={lines} scale={scale} />}
        {form === 'dots' && <Dots lines={lines} scale={scale} />}
        {form === 'tree' && <Branches lines={lines} scale={scale} />}
        {form === 'cells' && <Cells lines={lines} />}
        {form === 'cells' ? (
          <Below>{`${chart.x} (across), ${chart.y} (down)`}</Below>
        ) : (
          <Axes chart={chart} scale={scale} />
        )}
      </svg>
      {frames.length > 1 && <Player player={player} labels={frames.map(({ label }) => label)} />}
      <figcaption className="text-soft text-sm">{inWords(chart, lines)}</figcaption>
    </figure>
  );
}

function Axes({ chart, scale }: { readonly chart: Chart; readonly scale: Scale }) {
  return (
    <>
      <g className="fill-ink text-lg sm:text-xs">
        <text x={LEFT - 4} y={EDGE + 8} textAnchor="end">
          {short(scale.high)}
        </text>
        <text x={LEFT - 4} y={HEIGHT - BOTTOM} textAnchor="end">
          {short(scale.low)}
        </text>
        <text x={LEFT} y={HEIGHT - 16}>
          {short(scale.left)}
        </text>
        <text x={WIDTH - EDGE} y={HEIGHT - 16} textAnchor="end">
          {short(scale.right)}
        </text>
      </g>
      <Below>{`${chart.x} (across), ${chart.y} (up)`}</Below>
    </>
  );
}

const Below = ({ children }: { readonly children: string }) => (
  <text x={WIDTH / 2} y={HEIGHT - 4} textAnchor="middle" className="fill-ink text-lg sm:text-xs">
    {children}
  </text>
);

/** For those who do not see it, and for everybody who wants the figure. */
function inWords({ as: form = 'lines', marks = [], x, y }: Chart, lines: Chart['lines']): string {
  switch (form) {
    case 'frames':
      return 'Dashed: what should be learnt. Bold: what is answered.';
    case 'bars': {
      const [most] = [...lines[0]!.points].sort(([, a], [, b]) => b - a);
      return `Most ${y}: ${short(most![1])} at ${x} ${short(most![0])}.`;
    }
    case 'dots':
      return `${lines.map(({ label, points }) => `${label}: ${points.length}`).join(' · ')} points.`;
    case 'cells':
      return `Rows: ${y}. Columns: ${x}. The fuller a cell, the nearer its value is to 1.`;
    case 'tree':
      return `${lines.length} births; the line of the champion is bold.`;
    case 'lines': {
      const newest = newestOf(lines).map(({ label, points }) => `${label}: ${short(points.at(-1)![1])}`);
      const switches =
        marks.length > 0 ? [`dashed: ${marks.length} ${marks.length === 1 ? 'switch' : 'switches'}`] : [];
      return [...newest, ...switches].join(' · ');
    }
  }
}
