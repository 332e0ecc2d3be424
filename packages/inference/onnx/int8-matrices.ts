import type { PathWeights } from '@pathfold/checkpoint/path';
import type { GraphBuilder } from './builder.ts';
import { DATA_TYPE } from './fields.ts';
import type { Matrices } from './matrices.ts';

const LARGEST_CODE = 127;
/** The code of 0. Unsigned codes: products of signed ones overflow in some of ONNX Runtime's kernels. */
const ZERO = 128;

/** A matrix [rows, columns] as codes with one scale a row or a column: value = scale · (code - ZERO). */
const quantise = (values: Float32Array, columns: number, lines: 'rows' | 'columns') => {
  const lineOf = lines === 'rows' ? (i: number) => Math.floor(i / columns) : (i: number) => i % columns;
  const scales = new Float32Array(lines === 'rows' ? values.length / columns : columns);
  values.forEach((value, i) => {
    const line = lineOf(i);
    scales[line] = Math.max(scales[line]!, Math.abs(value) / LARGEST_CODE);
  });
  const codes = Uint8Array.from(values, (value, i) => ZERO + Math.round(value / (scales[lineOf(i)]! || 1)));
  return { codes, scales };
};

/**
 * In 8 bits, as `quantize_dynamic` of ONNX Runtime makes them: each column of a matrix has its scale, and so has each row
 * of the embedding. What they are multiplied with gets codes as it comes (DynamicQuantizeLinear), one scale for all.
 */
export const int8Matrices = (g: GraphBuilder, { model, tensor }: PathWeights): Matrices => {
  const { width, vocabulary, tied } = model;
  const zero = g.weight('zero', [], Uint8Array.of(ZERO));
  const add = (name: string, shape: readonly [number, number], lines: 'rows' | 'columns') => {
    const { codes, scales } = quantise(tensor(name), shape[1], lines);
    return {
      codes: g.weight(`${name}.codes`, shape, codes),
      scales: g.weight(`${name}.scales`, [scales.length], scales),
    };
  };
  const embedding = add('tokens', [vocabulary, width], 'rows');
  const product = (x: string, codes: string, scales: string): string => {
    const [its, scale, itsZero] = g.nodes('DynamicQuantizeLinear', 3, [x]) as [string, string, string];
    const sums = g.node('MatMulInteger', [its, codes, itsZero, zero]);
    return g.node('Mul', [g.node('Cast', [sums], { to: DATA_TYPE.float }), g.node('Mul', [scale, scales])]);
  };
  const times: Matrices['times'] = (x, name, shape) => {
    const { codes, scales } = add(name, shape, 'columns');
    return product(x, codes, scales);
  };
  return {
    embed(ids) {
      const codes = g.node('Cast', [g.node('Gather', [embedding.codes, ids])], { to: DATA_TYPE.float });
      const scales = g.node('Unsqueeze', [g.node('Gather', [embedding.scales, ids]), g.ints([-1])]);
      return g.node('Mul', [g.node('Sub', [codes, g.float(ZERO)]), scales]);
    },
    times,
    head: (hidden) =>
      tied
        ? product(hidden, g.node('Transpose', [embedding.codes], { perm: [1, 0] }), embedding.scales)
        : times(hidden, 'output', [width, vocabulary]),
  };
};
