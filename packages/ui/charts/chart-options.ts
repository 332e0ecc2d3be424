import type uPlot from 'uplot';
import { formatCompact } from '../formats.ts';

/** Rounds are counted: between two of them there is none. */
const WHOLE = Array.from({ length: 24 }, (_, i) => [1, 2, 5][i % 3]! * 10 ** Math.floor(i / 3));
const TONES = { first: '--color-trace', second: '--color-trace-second' } as const;
const MARK_COLORS = ['--color-mark', '--color-mark-second'] as const;

/** One curve. */
export interface Trace {
  readonly label: string;
  readonly tone: keyof typeof TONES;
  readonly values: readonly (number | null)[];
}

/** A constant line, for example a baseline. */
export interface Mark {
  readonly label: string;
  readonly value: number;
}

export const toneColor = (tone: Trace['tone']): string => `var(${TONES[tone]})`;

/** Marks are drawn over the plot, each with its name at the right end. */
function drawMarks(plot: uPlot, marks: readonly Mark[], color: (name: string) => string, font: string): void {
  const { ctx, bbox } = plot;
  const ratio = devicePixelRatio;
  ctx.save();
  ctx.font = `${11 * ratio}px ${font}`;
  ctx.textAlign = 'right';
  ctx.textBaseline = 'bottom';
  marks.forEach((mark, i) => {
    const y = Math.round(plot.valToPos(mark.value, 'y', true));
    const ink = color(MARK_COLORS[i % MARK_COLORS.length] ?? MARK_COLORS[0]);
    ctx.strokeStyle = ink;
    ctx.fillStyle = ink;
    ctx.lineWidth = ratio;
    ctx.setLineDash([5 * ratio, 4 * ratio]);
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
    ctx.fillText(`${mark.label} ${mark.value.toFixed(2)}`, bbox.left + bbox.width - 4 * ratio, y - 3 * ratio);
  });
  ctx.restore();
}

/** The y scale holds all values and all marks, with a little air. */
function range(low: number | null, high: number | null, marks: readonly Mark[]): uPlot.Range.MinMax {
  const all = [low, high, ...marks.map((mark) => mark.value)].filter((value) => value !== null);
  const min = Math.min(...all);
  const max = Math.max(...all);
  const air = Math.max((max - min) * 0.08, 0.02);
  return [Math.max(0, min - air), max + air];
}

/** Decimals that tell ticks apart which are `step` from each other. */
export const digitsOf = (step: number): number => Math.max(1, Math.ceil(-Math.log10(step) - 1e-9));

/** The look of every chart: a graticule, thin traces, no frame. Colours come from the theme. */
export function chartOptions(
  element: HTMLElement,
  size: { width: number; height: number },
  chart: {
    readonly xName: string;
    readonly traces: readonly Trace[];
    readonly marks: readonly Mark[];
    readonly onCursor: (index: number | null) => void;
  },
): uPlot.Options {
  const style = getComputedStyle(element);
  const color = (name: string): string => style.getPropertyValue(name).trim();
  const figures = color('--font-figure');
  const axis: uPlot.Axis = {
    stroke: color('--color-screen-text'),
    font: `11px ${figures}`,
    labelFont: `12px ${color('--font-sans')}`,
    grid: { stroke: color('--color-screen-line'), width: 1 },
    ticks: { show: false },
  };
  return {
    ...size,
    padding: [14, 14, 4, 0],
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false }, points: { size: 7 } },
    scales: { x: { time: false }, y: { range: (_plot, low, high) => range(low, high, chart.marks) } },
    axes: [
      {
        ...{ ...axis, label: chart.xName, labelSize: 22, size: 30, incrs: WHOLE },
        values: (_plot, ticks) => ticks.map(formatCompact),
      },
      {
        ...axis,
        size: 52,
        values: (_plot, ticks, _axis, _space, step) => ticks.map((tick) => tick.toFixed(digitsOf(step))),
      },
    ],
    series: [
      {},
      ...chart.traces.map((trace) => ({
        label: trace.label,
        stroke: color(TONES[trace.tone]),
        width: 1.75,
        spanGaps: true,
        points: { show: trace.values.filter((value) => value !== null).length < 2, size: 6 },
      })),
    ],
    hooks: {
      draw: [(plot) => drawMarks(plot, chart.marks, color, figures)],
      setCursor: [(plot) => chart.onCursor(plot.cursor.idx ?? null)],
    },
  };
}
