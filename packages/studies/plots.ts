/** A picture for the study's page. */
export interface Plot {
  /** Name of its file: `NAME.svg`. */
  readonly name: string;
  readonly title: string;
  readonly svg: string;
}

/** A line with what its seeds spread over. */
export interface Line {
  readonly label: string;
  readonly points: readonly { readonly x: number; readonly y: number; readonly low: number; readonly high: number }[];
}

export interface Axis {
  readonly label: string;
  readonly log?: boolean;
}

const WIDTH = 820;
const HEIGHT = 400;
const LEFT = 70;
const TOP = 46;
const BOTTOM = 54;
/** Room for the lines' names. */
const RIGHT = 270;
const COLOURS = 8;

/** Readable on light and on dark ground: the picture brings its own. Colours by Okabe and Ito, lifted for the dark. */
const STYLE = `<style>
.ground{fill:#fff}text{fill:#222;font:13px system-ui,sans-serif}.title{font-weight:600;font-size:15px}
.grid{stroke:#ddd}.frame{stroke:#777;fill:none}.band{opacity:.15;stroke:none}.line{fill:none;stroke-width:2}
${['#0072b2', '#d55e00', '#009e73', '#b5508c', '#946c00', '#3a87c4', '#555555', '#7d4fc4']
  .map((colour, i) => `.c${i}{color:${colour}}`)
  .join('')}
.stroke{stroke:currentColor}.fill{fill:currentColor}
@media(prefers-color-scheme:dark){.ground{fill:#15181c}text{fill:#e4e6e8}.grid{stroke:#33383e}.frame{stroke:#8a9097}
${['#5ab4e6', '#ff8c42', '#3fcf9f', '#e58bc2', '#d9b13b', '#8fc7f0', '#b8bdc3', '#b79bf0']
  .map((colour, i) => `.c${i}{color:${colour}}`)
  .join('')}}
</style>`;

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
const round = (value: number): number => Number(value.toFixed(1));

interface Scale {
  readonly at: (value: number) => number;
  readonly ticks: readonly number[];
}

function scaleOf(values: readonly number[], from: number, to: number, log: boolean): Scale {
  const place = log ? Math.log : (value: number) => value;
  let [low, high] = [Math.min(...values), Math.max(...values)];
  if (low === high) [low, high] = log ? [low / 2, high * 2] : [low - 1, high + 1];
  const margin = 0.04 * (place(high) - place(low));
  const [first, last] = [place(low) - margin, place(high) + margin];
  const at = (value: number) => from + ((place(value) - first) / (last - first)) * (to - from);
  if (log) return { at, ticks: [...new Set(values)].sort((a, b) => a - b) };
  const rough = (last - first) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((digit) => digit * power).find((size) => size >= rough)!;
  const ticks = [];
  for (let tick = Math.ceil(first / step); tick * step <= last; tick++)
    ticks.push(Number((tick * step).toPrecision(8)));
  return { at, ticks };
}

const shortNumber = (value: number): string => (value >= 1000 ? value.toLocaleString('en') : String(value));

/** Lines over numbers. The band of a line is from the lowest to the highest of its seeds. */
export function linePlot(name: string, title: string, x: Axis, y: Axis, lines: readonly Line[]): Plot {
  const drawn = lines.filter(({ points }) => points.length > 0);
  const points = drawn.flatMap((line) => line.points);
  if (points.length === 0) return { name, title, svg: frame(title, x, y, '<text x="280" y="200">nothing yet</text>') };
  const xs = scaleOf(
    points.map((point) => point.x),
    LEFT,
    WIDTH - RIGHT,
    x.log ?? false,
  );
  const ys = scaleOf(
    points.flatMap(({ low, high }) => [low, high]),
    HEIGHT - BOTTOM,
    TOP,
    y.log ?? false,
  );
  const labels = spaced(drawn.map((line) => ys.at(line.points.at(-1)!.y)));
  const marks = drawn.map((line, i) => drawLine(line, i, xs, ys, labels[i]!));
  return { name, title, svg: frame(title, x, y, [...gridOf(xs, ys), ...marks].join('\n')) };
}

function drawLine(line: Line, index: number, xs: Scale, ys: Scale, labelAt: number): string {
  const path = (pairs: readonly (readonly [number, number])[]) =>
    pairs.map(([x, y]) => `${round(xs.at(x))},${round(ys.at(y))}`).join(' ');
  const { points } = line;
  const band = [
    ...points.map(({ x, high }) => [x, high] as const),
    ...points.toReversed().map(({ x, low }) => [x, low] as const),
  ];
  const dash = index < COLOURS ? '' : ' stroke-dasharray="6 3"';
  const dots =
    points.length > 12
      ? []
      : points.map(({ x, y }) => `<circle class="fill" cx="${round(xs.at(x))}" cy="${round(ys.at(y))}" r="3"/>`);
  const end = round(ys.at(points.at(-1)!.y));
  return `<g class="c${index % COLOURS}"><polygon class="band fill" points="${path(band)}"/>
<polyline class="line stroke" points="${path(points.map(({ x, y }) => [x, y]))}"${dash}/>${dots.join('')}
<path class="stroke" fill="none" opacity=".5" d="M${WIDTH - RIGHT + 2} ${end}L${WIDTH - RIGHT + 14} ${round(labelAt)}"/>
<text class="fill" x="${WIDTH - RIGHT + 18}" y="${round(labelAt + 4)}">${escaped(line.label)}</text></g>`;
}

/** Places for labels: as near to their own as they can be without touching, between top and bottom. */
function spaced(wanted: readonly number[]): number[] {
  const GAP = 16;
  const order = wanted.map((_, i) => i).sort((a, b) => wanted[a]! - wanted[b]!);
  const placed = [...wanted];
  let above = TOP - GAP;
  for (const i of order) above = placed[i] = Math.max(placed[i]!, above + GAP);
  let below = HEIGHT - BOTTOM + GAP;
  for (const i of order.toReversed()) below = placed[i] = Math.min(placed[i]!, below - GAP);
  return placed;
}

function gridOf(xs: Scale, ys: Scale): string[] {
  const [bottom, right] = [HEIGHT - BOTTOM, WIDTH - RIGHT];
  return [
    ...ys.ticks.map((tick) => {
      const at = round(ys.at(tick));
      return `<path class="grid" d="M${LEFT} ${at}H${right}"/><text text-anchor="end" x="${LEFT - 6}" y="${at + 4}">${shortNumber(tick)}</text>`;
    }),
    ...xs.ticks.map((tick) => {
      const at = round(xs.at(tick));
      return `<path class="grid" d="M${at} ${TOP}V${bottom}"/><text text-anchor="middle" x="${at}" y="${bottom + 18}">${shortNumber(tick)}</text>`;
    }),
    `<rect class="frame" x="${LEFT}" y="${TOP}" width="${right - LEFT}" height="${bottom - TOP}"/>`,
  ];
}

const frame = (title: string, x: Axis, y: Axis, marks: string): string =>
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escaped(title)}">
${STYLE}<rect class="ground" width="${WIDTH}" height="${HEIGHT}"/>
<text class="title" x="${LEFT}" y="24">${escaped(title)}</text>
<text text-anchor="middle" x="${(LEFT + WIDTH - RIGHT) / 2}" y="${HEIGHT - 14}">${escaped(x.label)}</text>
<text text-anchor="middle" transform="translate(18 ${(TOP + HEIGHT - BOTTOM) / 2}) rotate(-90)">${escaped(y.label)}</text>
${marks}
</svg>
`;

/** A line from curves of the same arm, one a seed: the mean where all of them have a point. */
export function lineOf(label: string, curves: readonly (readonly (readonly [number, number])[])[]): Line {
  const [first, ...rest] = curves.map((curve) => new Map(curve));
  if (!first) return { label, points: [] };
  const shared = [...first.keys()].filter((x) => rest.every((curve) => curve.has(x)));
  return {
    label,
    points: shared.map((x) =>
      pointOf(
        x,
        [first, ...rest].map((curve) => curve.get(x)!),
      ),
    ),
  };
}

/** One point from the values of its seeds. */
export const pointOf = (x: number, values: readonly number[]): Line['points'][number] => ({
  x,
  y: values.reduce((sum, value) => sum + value, 0) / values.length,
  low: Math.min(...values),
  high: Math.max(...values),
});
