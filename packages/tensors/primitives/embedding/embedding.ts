import { kernel } from '../../executors/wasm/form.ts';
import { operand, type Primitive } from '../../plan/primitive.ts';
import { f32, type Tensor } from '../../plan/types.ts';
import { embeddingGradWgsl, embeddingWgsl } from './wgsl.ts';

/** Rows `ids` [N] (i32) of table [V, D]: [N, D]. */
export const embedding = (table: Tensor, ids: Tensor): Tensor => table.trace.emit('embedding', [table, ids])[0]!;

/** The rows of dy [N, D], summed into the rows `ids` of a table of `rows` rows. */
const embeddingGrad = (ids: Tensor, dy: Tensor, rows: number): Tensor =>
  dy.trace.emit('embeddingGrad', [ids, dy], { rows })[0]!;

export const embeddingPrimitive: Primitive = {
  name: 'embedding',
  infer: (inputs) => [f32(operand('embedding', inputs, 1, 1).shape[0]!, operand('embedding', inputs, 0, 2).shape[1]!)],
  derivative: ({ inputs: [table, ids] }, [dy]) => [embeddingGrad(ids!, dy!, table!.shape[0]!), null],
  tfjs: (context, [table, ids]) => [context.gatherRows(table!, ids!)],
  wgsl: embeddingWgsl,
  wasm: {
    bind({ inputs: [table, ids], outputs: [y], kernels }) {
      const run = kernel(kernels, 'gatherRows');
      return () => run(table!.at, ids!.at, y!.at, ids!.size, table!.shape[1]!);
    },
  },
};

export const embeddingGradPrimitive: Primitive<{ readonly rows: number }> = {
  name: 'embeddingGrad',
  infer: (inputs, { rows }) => [f32(rows, operand('embeddingGrad', inputs, 1, 2).shape[1]!)],
  derivative: ({ inputs: [ids] }, [dTable]) => [null, embedding(dTable!, ids!)],
  tfjs: (context, [ids, dy], { rows }) => [context.scatterRows(ids!, dy!, rows)],
  wgsl: embeddingGradWgsl,
  wasm: {
    adds: 0,
    bind({ inputs: [ids, dy], outputs: [sums], attributes: { rows }, kernels }) {
      const run = kernel(kernels, 'scatterRows');
      return (adding) => run(ids!.at, dy!.at, sums!.at, ids!.size, dy!.shape[1]!, rows, Number(adding));
    },
  },
};
