import { useEffect, useMemo, useRef, useState } from 'react';
import uPlot from 'uplot';
import { chartOptions, type Mark, type Trace, toneColor } from './chart-options.ts';

export type { Mark, Trace } from './chart-options.ts';

const HEIGHT = 280;
const TABLE_ROWS = 12;

const figure = (value: number | null | undefined): string =>
  value === null || value === undefined ? '–' : value.toFixed(3);

const lastOf = (values: readonly (number | null)[]): number | null =>
  values.findLast((value) => value !== null) ?? null;

/** At most `count` indices, evenly spaced, the last always among them. */
function pick(length: number, count: number): number[] {
  const stride = Math.max(1, Math.ceil(length / count));
  return Array.from({ length: Math.ceil(length / stride) }, (_, i) => length - 1 - i * stride).reverse();
}

/**
 * Live curves on the instrument's screen. `x` ascends; each trace has a value or null for each `x`; marks are
 * constant lines. The legend reads the newest values, or those under the pointer. A table says the same in text.
 */
export function Chart({
  title,
  xName,
  yName,
  x,
  traces,
  marks = [],
  empty,
}: {
  readonly title: string;
  readonly xName: string;
  readonly yName: string;
  readonly x: readonly number[];
  readonly traces: readonly Trace[];
  readonly marks?: readonly Mark[];
  /** Shown while there is nothing to draw. */
  readonly empty: string;
}) {
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const [cursor, setCursor] = useState<number | null>(null);
  const hasData = traces.some((trace) => trace.values.some((value) => value !== null));
  const shape = JSON.stringify([xName, traces.map((trace) => [trace.label, trace.tone]), marks]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: the plot is made anew only when its shape changes
  useEffect(() => {
    const element = host.current;
    if (!element || !hasData) return;
    const size = () => ({ width: element.clientWidth, height: HEIGHT });
    const made = new uPlot(chartOptions(element, size(), { xName, traces, marks, onCursor: setCursor }), [[]], element);
    plot.current = made;
    const observer = new ResizeObserver(() => made.setSize(size()));
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [shape, hasData]);

  const data = useMemo(() => [[...x], ...traces.map((trace) => [...trace.values])] as uPlot.AlignedData, [x, traces]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new plot needs the data again
  useEffect(() => plot.current?.setData(data), [data, shape, hasData]);

  return (
    <figure className="overflow-hidden rounded-md bg-screen text-screen-text">
      <figcaption className="flex flex-wrap items-baseline gap-x-5 gap-y-1 px-4 pt-3 text-xs">
        <span className="font-semibold text-sm">{title}</span>
        <span>{yName}</span>
        <span className="ml-auto flex flex-wrap gap-x-4">
          {traces.map((trace) => (
            <span key={trace.label} className="flex items-baseline gap-1.5">
              <span aria-hidden className="h-0.5 w-4 self-center" style={{ background: toneColor(trace.tone) }} />
              {trace.label}
              <span className="figure text-[#e9f4f0]">
                {figure(cursor === null ? lastOf(trace.values) : trace.values[cursor])}
              </span>
            </span>
          ))}
        </span>
      </figcaption>
      {hasData ? (
        <div ref={host} aria-hidden style={{ height: HEIGHT }} />
      ) : (
        <div className="grid place-items-center px-6 text-center text-sm" style={{ height: HEIGHT }}>
          <p className="max-w-80">{empty}</p>
        </div>
      )}
      {hasData && (
        <div className="sr-only">
          <table>
            <caption>
              {title}, {yName}
              {marks.map((mark) => `; ${mark.label} ${figure(mark.value)}`)}
            </caption>
            <thead>
              <tr>
                <th scope="col">{xName}</th>
                {traces.map((trace) => (
                  <th key={trace.label} scope="col">
                    {trace.label}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {pick(x.length, TABLE_ROWS).map((row) => (
                <tr key={row}>
                  <th scope="row">{x[row]}</th>
                  {traces.map((trace) => (
                    <td key={trace.label}>{figure(trace.values[row])}</td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </figure>
  );
}
