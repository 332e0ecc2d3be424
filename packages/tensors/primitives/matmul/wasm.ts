import { kernel, type WasmForm } from '../../executors/wasm/form.ts';
import type { Flags } from './attributes.ts';

/** The sizes of the packed blocks in kernels.as. */
const [DEPTH, ROWS] = [256, 128];

export const matmulWasm: WasmForm<Flags> = {
  scratchFloats([, b], { transposeB }) {
    const columns = b!.at(transposeB ? -2 : -1)!;
    return DEPTH * (ROWS + 8 * Math.ceil(columns / 8));
  },
  adds: 0,
  bind({ inputs: [a, b], outputs: [y], attributes: { transposeA, transposeB }, scratch, kernels, prepared }) {
    const [rows, columns] = y!.shape.slice(-2) as [number, number];
    const depth = a!.shape.at(transposeA ? -2 : -1)!;
    const [turnedA, turnedB] = [Number(transposeA), Number(transposeB)];
    if (y!.shape.length === 3) {
      const run = kernel(kernels, 'matmulItems');
      const [items] = y!.shape as [number];
      return (adding) =>
        run(a!.at, turnedA, b!.at, turnedB, y!.at, items, rows, columns, depth, Number(adding), scratch);
    }
    const run = kernel(kernels, 'matmul');
    const packRight = kernel(kernels, 'packRight');
    const floats = depth * 8 * Math.ceil(columns / 8);
    const fill = (at: number) => void packRight(b!.at, turnedB, columns, depth, at);
    const packed = prepared(1, `matmul ${turnedB}`, floats, fill) ?? 0;
    return (adding) =>
      run(a!.at, turnedA, b!.at, turnedB, packed, y!.at, rows, columns, depth, Number(adding), scratch);
  },
};
