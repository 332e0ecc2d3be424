import type { ActivityResource } from '@pathfold/protocol/resources';
import { formatCount } from '@pathfold/ui/formats';
import { useEffect, useRef } from 'react';

/** Marks of a row, with the theme's colours: what each means. */
const KINDS = {
  c: { label: 'computed, accepted', color: '--color-trace' },
  w: { label: 'computing, or being checked', color: '--color-trace-second' },
  x: { label: 'lost or rejected', color: '--color-mark-second' },
  i: { label: 'idle', color: '--color-screen-line' },
} as const;

/** Rows are as high as fits: a thousand volunteers are a picture of one pixel a row, a few have their names. */
const MOST_HEIGHT = 640;
const ROW_HEIGHT = 20;
const NAMED_HEIGHT = 12;
const TABLE_ROWS = 12;

const percent = (part: number, whole: number): string => (whole > 0 ? `${((100 * part) / whole).toFixed(0)} %` : '–');

/** One row a volunteer, one column a moment: who computed what when. A table says the same of the first few. */
export function Timeline({ activity }: { readonly activity: ActivityResource }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const { volunteers } = activity;
  const height = Math.max(1, Math.min(ROW_HEIGHT, Math.floor(MOST_HEIGHT / Math.max(1, volunteers.length))));
  useEffect(() => {
    const element = canvas.current;
    if (!element) return;
    const draw = () => paint(element, activity, height);
    draw();
    const observer = new ResizeObserver(draw);
    observer.observe(element);
    return () => observer.disconnect();
  }, [activity, height]);
  return (
    <figure className="overflow-hidden rounded-md bg-screen text-screen-text">
      <figcaption className="flex flex-wrap items-baseline gap-x-5 gap-y-1 px-4 py-3 text-xs">
        <span className="font-semibold text-sm">Timeline</span>
        <span>one row a volunteer, the newest at the right</span>
        <span className="ml-auto flex flex-wrap gap-x-4">
          {Object.values(KINDS).map(({ label, color }) => (
            <span key={label} className="flex items-center gap-1.5">
              <span aria-hidden className="size-2.5" style={{ background: `var(${color})` }} />
              {label}
            </span>
          ))}
        </span>
      </figcaption>
      <canvas ref={canvas} aria-hidden className="block w-full" style={{ height: height * volunteers.length }} />
      <div className="sr-only">
        <table>
          <caption>Volunteers that lent the most time</caption>
          <thead>
            <tr>
              <th scope="col">Volunteer</th>
              <th scope="col">Accepted work, of the time lent</th>
              <th scope="col">Tokens a second</th>
            </tr>
          </thead>
          <tbody>
            {volunteers.slice(0, TABLE_ROWS).map(({ id, name, usefulMs, lentMs, tokensPerSecond }) => (
              <tr key={id}>
                <th scope="row">{name || id}</th>
                <td>{percent(usefulMs, lentMs)}</td>
                <td>{formatCount(tokensPerSecond ?? 0)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </figure>
  );
}

function paint(canvas: HTMLCanvasElement, { volunteers }: ActivityResource, height: number): void {
  const context = canvas.getContext('2d');
  if (!context) return;
  const scale = devicePixelRatio;
  const width = canvas.clientWidth;
  canvas.width = width * scale;
  canvas.height = height * volunteers.length * scale;
  context.scale(scale, scale);
  const style = getComputedStyle(canvas);
  const colors = new Map(Object.entries(KINDS).map(([mark, { color }]) => [mark, style.getPropertyValue(color)]));
  const gap = height >= 4 ? 1 : 0;
  for (const [y, { id, name, row }] of volunteers.entries()) {
    const column = width / row.length;
    for (const [x, mark] of [...row].entries()) {
      const color = colors.get(mark);
      if (!color) continue;
      context.fillStyle = color;
      context.fillRect(x * column, y * height, column + 0.5, height - gap);
    }
    if (height < NAMED_HEIGHT) continue;
    context.font = '11px sans-serif';
    context.lineWidth = 3;
    context.strokeStyle = style.getPropertyValue('--color-screen');
    context.fillStyle = '#e9f4f0';
    context.strokeText(name || id, 8, (y + 0.75) * height - gap);
    context.fillText(name || id, 8, (y + 0.75) * height - gap);
  }
}
