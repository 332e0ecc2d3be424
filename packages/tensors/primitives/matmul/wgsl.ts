import type { WgslForm } from '../../executors/webgpu/form.ts';
import type { Flags } from './attributes.ts';

/** Each invocation makes 4 x 4 elements; 8 x 8 of them, a tile. DEPTH: how much of the sums is loaded at once. */
const [EACH, SIDE, DEPTH] = [4, 8, 16];
const TILE = EACH * SIDE;
const LANES = SIDE * SIDE;

/** Tiles of both operands pass through workgroup memory; sums stay in registers. */
export const matmulWgsl: WgslForm<Flags> = {
  takesAddend: 0,
  kernels({ inputs: [a, b], outputs: [y], attributes: { transposeA, transposeB }, addend }) {
    const [rows, columns] = y!.shape.slice(-2) as [number, number];
    const depth = a!.shape.at(transposeA ? -2 : -1)!;
    const tiles = Math.ceil(rows / TILE) * Math.ceil(columns / TILE);
    const items = y!.size / (rows * columns);
    const times = (make: (i: number) => string): string => Array.from({ length: EACH }, (_, i) => make(i)).join('');
    /** Loads one tile, neighbouring lanes from neighbouring elements; what lies outside the operand counts as zero. */
    const load = (tile: string, operand: string, along: string, limit: string, depthFirst: boolean) => {
      const [side, k] = depthFirst ? [`e / ${DEPTH}u`, `e % ${DEPTH}u`] : [`e % ${TILE}u`, `e / ${TILE}u`];
      const at = depthFirst ? `(${along} + side) * numbers.depth + k0 + k` : `(k0 + k) * ${limit} + ${along} + side`;
      return `
    for (var e = lane; e < ${TILE * DEPTH}u; e += ${LANES}u) {
      let side = ${side};
      let k = ${k};
      var value = 0.0;
      if (${along} + side < ${limit} && k0 + k < numbers.depth) { value = ${operand}(item * numbers.depth * ${limit} + ${at}); }
      ${tile}[k * ${TILE}u + side] = value;
    }`;
    };
    const stored = (i: number): string => `
  for (var j = 0u; j < ${EACH}u && row + ${i}u < numbers.rows && column + j < numbers.columns; j++) {
    let at = (item * numbers.rows + row + ${i}u) * numbers.columns + column + j;
    set_y(at, sum${i}[j]${addend ? ' + addend(at)' : ''});
  }`;
    return [
      {
        reads: { a: a!, b: b!, ...(addend && { addend }) },
        writes: { y: y! },
        numbers: { rows, columns, depth },
        groups: items * tiles,
        lanes: LANES,
        declarations: `
var<workgroup> left: array<f32, ${TILE * DEPTH}>;
var<workgroup> right: array<f32, ${TILE * DEPTH}>;`,
        body: `
  let across = (numbers.columns + ${TILE - 1}u) / ${TILE}u;
  let tiles = across * ((numbers.rows + ${TILE - 1}u) / ${TILE}u);
  let item = group / tiles;
  let row0 = (group % tiles) / across * ${TILE}u;
  let column0 = (group % across) * ${TILE}u;
  let r = (lane / ${SIDE}u) * ${EACH}u;
  let c = (lane % ${SIDE}u) * ${EACH}u;
  ${times((i) => `var sum${i} = vec4f();`)}
  for (var k0 = 0u; k0 < numbers.depth; k0 += ${DEPTH}u) {
    ${load('left', 'a', 'row0', 'numbers.rows', !transposeA)}
    ${load('right', 'b', 'column0', 'numbers.columns', transposeB)}
    workgroupBarrier();
    for (var k = 0u; k < ${DEPTH}u; k++) {
      let to = k * ${TILE}u;
      let line = vec4f(right[to + c], right[to + c + 1u], right[to + c + 2u], right[to + c + 3u]);
      ${times((i) => `sum${i} += left[to + r + ${i}u] * line;`)}
    }
    workgroupBarrier();
  }
  let row = row0 + r;
  let column = column0 + c;
  ${times(stored)}`,
      },
    ];
  },
};
