import { float, type Kernel, reductions, type WgslForm } from '../../executors/webgpu/form.ts';

type Epsilon = { readonly epsilon: number };

/** Lanes of a row; columns and strands of rows of a block of gain gradients. */
const LANES = 64;
const [COLUMNS, STRANDS] = [8, 8];

/** A workgroup a row. */
export const rmsNormWgsl: WgslForm<Epsilon> = {
  kernels({ inputs: [x, gain], outputs: [y], attributes: { epsilon } }) {
    const [rows, width] = x!.shape as [number, number];
    return [
      {
        reads: { x: x!, gain: gain! },
        writes: { y: y! },
        groups: rows,
        lanes: LANES,
        declarations: reductions(LANES),
        body: `
  let row = group * ${width}u;
  var squares = 0.0;
  for (var c = lane; c < ${width}u; c += ${LANES}u) { squares += x(row + c) * x(row + c); }
  let root = inverseSqrt(total(lane, squares) / ${float(width)} + ${float(epsilon)});
  for (var c = lane; c < ${width}u; c += ${LANES}u) { set_y(row + c, x(row + c) * root * gain(c)); }`,
      },
    ];
  },
};

/** dx = r g dy - x r^3 mean(g dy x) with r the inverse root, a workgroup a row; then dGain = sum over rows of dy x r. */
export const rmsNormGradWgsl: WgslForm<Epsilon> = {
  takesAddend: 0,
  scratchFloats: ([x]) => x![0]!,
  kernels({ inputs: [x, gain, dy], outputs: [dx, dGain], attributes: { epsilon }, addend, scratch }) {
    const [rows, width] = x!.shape as [number, number];
    const alongRows: Kernel = {
      reads: { x: x!, gain: gain!, dy: dy!, ...(addend && { addend }) },
      writes: { dx: dx!, roots: scratch },
      groups: rows,
      lanes: LANES,
      declarations: reductions(LANES),
      body: `
  let row = group * ${width}u;
  var squares = 0.0;
  var products = 0.0;
  for (var c = lane; c < ${width}u; c += ${LANES}u) {
    squares += x(row + c) * x(row + c);
    products += x(row + c) * gain(c) * dy(row + c);
  }
  let root = inverseSqrt(total(lane, squares) / ${float(width)} + ${float(epsilon)});
  let along = total(lane, products) * root * root / ${float(width)};
  for (var c = lane; c < ${width}u; c += ${LANES}u) {
    let slope = (gain(c) * dy(row + c) - x(row + c) * along) * root;
    set_dx(row + c, slope${addend ? ' + addend(row + c)' : ''});
  }
  if (lane == 0u) { set_roots(group, root); }`,
    };
    const alongColumns: Kernel = {
      reads: { x: x!, dy: dy!, roots: scratch },
      writes: { d_gain: dGain! },
      groups: Math.ceil(width / COLUMNS),
      lanes: COLUMNS * STRANDS,
      declarations: `var<workgroup> strands: array<f32, ${COLUMNS * STRANDS}>;`,
      body: `
  let column = group * ${COLUMNS}u + lane % ${COLUMNS}u;
  var sum = 0.0;
  if (column < ${width}u) {
    for (var row = lane / ${COLUMNS}u; row < ${rows}u; row += ${STRANDS}u) {
      sum += dy(row * ${width}u + column) * x(row * ${width}u + column) * roots(row);
    }
  }
  strands[lane] = sum;
  workgroupBarrier();
  if (lane >= ${COLUMNS}u || column >= ${width}u) { return; }
  for (var strand = 1u; strand < ${STRANDS}u; strand++) { sum += strands[strand * ${COLUMNS}u + lane]; }
  set_d_gain(column, sum);`,
    };
    return [alongRows, alongColumns];
  },
};
