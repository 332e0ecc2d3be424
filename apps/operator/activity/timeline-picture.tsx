import { useEffect, useRef } from 'react';
import { type Row, rowName } from './timeline-texts.ts';

/** Marks of a row, with the theme's colours: what each means. */
export const KINDS = {
  c: { label: 'handed in, accepted', color: '--color-trace' },
  w: { label: 'computing, or being checked', color: '--color-trace-second' },
  x: { label: 'lost or rejected', color: '--color-mark-second' },
  i: { label: 'idle', color: '--color-screen-line' },
} as const;

export const ROW_HEIGHT = 17;
/** Height of the picture of all, above the rows when not everybody has one. */
export const CROWD_HEIGHT = 72;

interface Brush {
  readonly context: CanvasRenderingContext2D;
  readonly width: number;
  /** A colour of the theme. */
  readonly color: (name: string) => string;
}

/** A canvas that is painted again when its width or its rows change. */
export function Picture({
  height,
  rows,
  paint,
}: {
  readonly height: number;
  readonly rows: readonly Row[];
  readonly paint: (brush: Brush, rows: readonly Row[]) => void;
}) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const element = canvas.current;
    const context = element?.getContext('2d');
    if (!element || !context) return;
    const draw = () => {
      const width = element.clientWidth;
      element.width = width * devicePixelRatio;
      element.height = height * devicePixelRatio;
      context.scale(devicePixelRatio, devicePixelRatio);
      const style = getComputedStyle(element);
      paint({ context, width, color: (name) => style.getPropertyValue(name) }, rows);
    };
    draw();
    const observer = new ResizeObserver(draw);
    observer.observe(element);
    return () => observer.disconnect();
  }, [height, rows, paint]);
  return <canvas ref={canvas} aria-hidden className="block w-full" style={{ height }} />;
}

export function paintRows({ context, width, color }: Brush, rows: readonly Row[]): void {
  const colors = new Map(Object.entries(KINDS).map(([mark, kind]) => [mark, color(kind.color)]));
  context.font = '11px sans-serif';
  context.lineWidth = 3;
  context.strokeStyle = color('--color-screen');
  for (const [y, one] of rows.entries()) {
    const column = width / one.row.length;
    for (const [x, mark] of [...one.row].entries()) {
      context.fillStyle = colors.get(mark) ?? color('--color-screen');
      context.fillRect(x * column, y * ROW_HEIGHT, column + 0.5, ROW_HEIGHT - 1);
    }
    context.fillStyle = '#e9f4f0';
    context.strokeText(rowName(one), 8, (y + 0.7) * ROW_HEIGHT);
    context.fillText(rowName(one), 8, (y + 0.7) * ROW_HEIGHT);
  }
}

/** How many did what in each column, stacked from below in the order of `KINDS`; all of them are the whole height. */
export function paintCrowd({ context, width, color }: Brush, volunteers: readonly Row[]): void {
  const columns = volunteers[0]!.row.length;
  for (let x = 0; x < columns; x++) {
    let top = CROWD_HEIGHT;
    for (const [mark, kind] of Object.entries(KINDS)) {
      const share = volunteers.filter(({ row }) => row[x] === mark).length / volunteers.length;
      top -= share * CROWD_HEIGHT;
      context.fillStyle = color(kind.color);
      context.fillRect((x * width) / columns, top, width / columns + 0.5, share * CROWD_HEIGHT);
    }
  }
}
