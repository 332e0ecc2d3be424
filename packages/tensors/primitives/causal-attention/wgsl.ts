import { float, type Kernel, type Place, type WgslCall, type WgslForm } from '../../executors/webgpu/form.ts';
import { ropeTables } from '../rope/tables.ts';
import type { AttentionAttributes } from './attributes.ts';

/** With `rotaryBase` queries and keys are turned as they are loaded, and their gradients turned back: see `rope`. */
export type RotaryAttributes = AttentionAttributes & { readonly rotaryBase?: number };
type Call = WgslCall<RotaryAttributes>;

/** Rows of a workgroup, one an invocation. */
const LANES = 32;
/** Floats of workgroup memory that two tiles may take: the least that every device has, less what else is kept. */
const MOST_SHARED = 3584;
/** Columns of a head that fit the registers of an invocation with some grace. */
const WIDEST = 128;

interface Sizes {
  readonly rows: number;
  readonly context: number;
  readonly heads: number;
  readonly headWidth: number;
  /** Whether queries and keys are turned. */
  readonly turned: boolean;
  /** Rows of a tile. */
  readonly tile: number;
  /** Blocks of LANES rows of a sequence. */
  readonly blocks: number;
  readonly groups: number;
}

const sizesOf = ({ inputs: [qkv], attributes: { context, heads, rotaryBase } }: Call): Sizes => {
  const [rows, width] = qkv!.shape as [number, number];
  const headWidth = width / (3 * heads);
  if (headWidth > WIDEST)
    throw new Error(`causalAttention: heads of ${headWidth} columns; WebGPU takes ${WIDEST} at most`);
  const tile = Math.min(LANES, Math.floor(MOST_SHARED / (2 * headWidth)));
  const blocks = Math.ceil(context / LANES);
  const groups = (rows / context) * heads * blocks;
  return { rows, context, heads, headWidth, turned: rotaryBase !== undefined, tile, blocks, groups };
};

/** The tables of angles, where queries and keys are turned. */
const tablesOf = ({ attributes: { context, rotaryBase: base }, constant }: Call, { headWidth }: Sizes): Tables => {
  if (base === undefined) return {};
  const tables = () => ropeTables({ context, headWidth, base });
  const key = `rope ${context} ${headWidth} ${base}`;
  return { cos_of: constant(`${key} cos`, () => tables().cos), sin_of: constant(`${key} sin`, () => tables().sin) };
};
type Tables = Readonly<Record<string, Place>>;

const declarations = ({ tile, headWidth, heads, context, turned }: Sizes, kept = ''): string => `
var<workgroup> first: array<f32, ${tile * headWidth}>;
var<workgroup> second: array<f32, ${tile * headWidth}>;
${
  turned
    ? `fn turned(row: u32, offset: u32, d: u32) -> f32 {
  let at = row * ${3 * heads * headWidth}u + offset;
  let turn = (row % ${context}u) * ${headWidth / 2}u + d % ${headWidth / 2}u;
  let other = qkv(at + (d + ${headWidth / 2}u) % ${headWidth}u);
  return qkv(at + d) * cos_of(turn) + select(other, -other, d < ${headWidth / 2}u) * sin_of(turn);
}`
    : ''
}
${kept}`;

/** The own row `i` of the sequence, its row `own` among all, and the first row of the sequence. */
const rowOf = ({ context, heads, blocks }: Sizes): string => `
  let block0 = (group % ${blocks}u) * ${LANES}u;
  let head = (group / ${blocks}u) % ${heads}u;
  let sequence = (group / ${blocks * heads}u) * ${context}u;
  let i = block0 + lane;
  let inside = i < ${context}u;
  let own = sequence + min(i, ${context - 1}u);
  let end = min(block0 + ${LANES}u, ${context}u);`;

/** Column d of part 0 (queries), 1 (keys) or 2 (values) of a row. */
const column = ({ heads, headWidth }: Sizes, row: string, part: number): string =>
  `(${row}) * ${3 * heads * headWidth}u + head * ${headWidth}u + ${part * heads * headWidth}u + d`;
/** Column d of the queries (0), keys (1) or values (2) of a row, turned if need be. */
const loaded = (sizes: Sizes, row: string, part: number): string => {
  const { heads, headWidth, turned } = sizes;
  if (!turned || part === 2) return `qkv(${column(sizes, row, part)})`;
  return `turned(${row}, head * ${headWidth}u + ${part * heads * headWidth}u, d)`;
};
/** Element d of the gradient `array` of the own row, turned back if need be. */
const turnedBack = ({ headWidth, turned }: Sizes, array: string): string => {
  if (!turned) return `${array}[d]`;
  const [half, turn] = [`${headWidth / 2}u`, `i * ${headWidth / 2}u + d % ${headWidth / 2}u`];
  const other = `${array}[(d + ${half}) % ${headWidth}u]`;
  return `${array}[d] * cos_of(${turn}) + select(-${other}, ${other}, d < ${half}) * sin_of(${turn})`;
};
const columnOfResult = ({ heads, headWidth }: Sizes, row: string): string =>
  `(${row}) * ${heads * headWidth}u + head * ${headWidth}u + d`;

const forD = ({ headWidth }: Sizes, body: string): string => `for (var d = 0u; d < ${headWidth}u; d++) { ${body} }`;

/** Rows j0 to j0 + tile of two operands into workgroup memory. */
const loadTiles = (sizes: Sizes, until: string, one: string, other: string, kept = ''): string => `
    workgroupBarrier();
    let count = min(${sizes.tile}u, ${until} - j0);
    for (var e = lane; e < count * ${sizes.headWidth}u; e += ${LANES}u) {
      let d = e % ${sizes.headWidth}u;
      let j = sequence + j0 + e / ${sizes.headWidth}u;
      first[e] = ${one};
      second[e] = ${other};
    }
    ${kept}
    workgroupBarrier();`;

/** An invocation a query: the softmax is corrected as keys pass by, so that no row of it is ever stored. */
export const causalAttentionWgsl: WgslForm<RotaryAttributes> = {
  kernels(call) {
    const sizes = sizesOf(call);
    const { headWidth, heads, groups } = sizes;
    const [qkv] = call.inputs;
    const [y, statistics] = call.outputs;
    return [
      {
        reads: { qkv: qkv!, ...tablesOf(call, sizes) },
        writes: { y: y!, statistics: statistics! },
        groups,
        lanes: LANES,
        declarations: declarations(sizes),
        body: `${rowOf(sizes)}
  var query: array<f32, ${headWidth}>;
  var result: array<f32, ${headWidth}>;
  ${forD(sizes, `query[d] = ${loaded(sizes, 'own', 0)} * ${float(1 / Math.sqrt(headWidth))};`)}
  var top = -3.0e38;
  var sum = 0.0;
  for (var j0 = 0u; j0 < end; j0 += ${sizes.tile}u) {
    ${loadTiles(sizes, 'end', loaded(sizes, 'j', 1), loaded(sizes, 'j', 2))}
    for (var j = 0u; j < count && j0 + j <= i; j++) {
      let at = j * ${headWidth}u;
      var score = 0.0;
      ${forD(sizes, 'score += query[d] * first[at + d];')}
      if (score > top) {
        let less = exp(top - score);
        sum *= less;
        ${forD(sizes, 'result[d] *= less;')}
        top = score;
      }
      let p = exp(score - top);
      sum += p;
      ${forD(sizes, 'result[d] += p * second[at + d];')}
    }
  }
  if (inside) {
    ${forD(sizes, `set_y(${columnOfResult(sizes, 'own')}, result[d] / sum);`)}
    set_statistics(own * ${heads}u + head, top + log(sum));
  }`,
      },
    ];
  },
};

/** Probabilities are computed again. An invocation a query makes dQ; another one, of a key, makes dK and dV. */
export const causalAttentionGradWgsl: WgslForm<RotaryAttributes> = {
  kernels(call) {
    const sizes = sizesOf(call);
    const { headWidth, heads, groups, context, tile } = sizes;
    const [qkv, y, statistics, dy] = call.inputs;
    const [dQkv] = call.outputs;
    const tables = tablesOf(call, sizes);
    const scale = float(1 / Math.sqrt(headWidth));
    const queries: Kernel = {
      reads: { qkv: qkv!, y: y!, statistics: statistics!, dy: dy!, ...tables },
      writes: { d_qkv: dQkv! },
      groups,
      lanes: LANES,
      declarations: declarations(sizes),
      body: `${rowOf(sizes)}
  var query: array<f32, ${headWidth}>;
  var slope: array<f32, ${headWidth}>;
  var result: array<f32, ${headWidth}>;
  var along = 0.0;
  for (var d = 0u; d < ${headWidth}u; d++) {
    query[d] = ${loaded(sizes, 'own', 0)} * ${scale};
    slope[d] = dy(${columnOfResult(sizes, 'own')});
    along += slope[d] * y(${columnOfResult(sizes, 'own')});
  }
  let shift = statistics(own * ${heads}u + head);
  for (var j0 = 0u; j0 < end; j0 += ${tile}u) {
    ${loadTiles(sizes, 'end', loaded(sizes, 'j', 1), loaded(sizes, 'j', 2))}
    for (var j = 0u; j < count && j0 + j <= i; j++) {
      let at = j * ${headWidth}u;
      var score = 0.0;
      var dp = 0.0;
      ${forD(sizes, 'score += query[d] * first[at + d]; dp += slope[d] * second[at + d];')}
      let ds = exp(score - shift) * (dp - along) * ${scale};
      ${forD(sizes, 'result[d] += ds * first[at + d];')}
    }
  }
  if (inside) {
    ${forD(sizes, `set_d_qkv(${column(sizes, 'own', 0)}, ${turnedBack(sizes, 'result')});`)}
  }`,
    };
    const keep = `if (lane < count) {
      let row = sequence + j0 + lane;
      shifts[lane] = statistics(row * ${heads}u + head);
      alongs[lane] = 0.0;
      ${forD(sizes, `alongs[lane] += dy(${columnOfResult(sizes, 'row')}) * y(${columnOfResult(sizes, 'row')});`)}
    }`;
    const keys: Kernel = {
      reads: { qkv: qkv!, y: y!, statistics: statistics!, dy: dy!, ...tables },
      writes: { d_qkv: dQkv! },
      beside: queries,
      groups,
      lanes: LANES,
      declarations: declarations(
        sizes,
        `var<workgroup> shifts: array<f32, ${tile}>;
var<workgroup> alongs: array<f32, ${tile}>;`,
      ),
      body: `${rowOf(sizes)}
  var key: array<f32, ${headWidth}>;
  var value: array<f32, ${headWidth}>;
  var d_key: array<f32, ${headWidth}>;
  var d_value: array<f32, ${headWidth}>;
  for (var d = 0u; d < ${headWidth}u; d++) {
    key[d] = ${loaded(sizes, 'own', 1)} * ${scale};
    value[d] = ${loaded(sizes, 'own', 2)};
  }
  for (var j0 = block0; j0 < ${context}u; j0 += ${tile}u) {
    ${loadTiles(sizes, `${context}u`, loaded(sizes, 'j', 0), `dy(${columnOfResult(sizes, 'j')})`, keep)}
    for (var j = select(0u, i - j0, i > j0); j < count; j++) {
      let at = j * ${headWidth}u;
      var score = 0.0;
      var dp = 0.0;
      ${forD(sizes, 'score += key[d] * first[at + d]; dp += value[d] * second[at + d];')}
      let p = exp(score - shifts[j]);
      let ds = p * (dp - alongs[j]) * ${scale};
      ${forD(sizes, 'd_key[d] += ds * first[at + d]; d_value[d] += p * second[at + d];')}
    }
  }
  if (inside) {
    ${forD(sizes, `set_d_qkv(${column(sizes, 'own', 1)}, ${turnedBack(sizes, 'd_key')}); set_d_qkv(${column(sizes, 'own', 2)}, d_value[d]);`)}
  }`,
    };
    return [queries, keys];
  },
};
