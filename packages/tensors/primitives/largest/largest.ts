import { kernel } from '../../executors/wasm/form.ts';
import { reductions } from '../../executors/webgpu/form.ts';
import { operand, type Primitive } from '../../plan/primitive.ts';
import { f32, type Tensor } from '../../plan/types.ts';

/** The largest element along the last axis, which then is gone. It has no derivative: see `maximum`. */
export const largest = (x: Tensor): Tensor => x.trace.emit('largest', [x])[0]!;

const LANES = 64;

export const largestPrimitive: Primitive = {
  name: 'largest',
  infer(inputs) {
    const { shape } = operand('largest', inputs, 0);
    if (shape.length === 0) throw new Error('largest: a scalar has no last axis');
    return [f32(...shape.slice(0, -1))];
  },
  tfjs: ({ tf }, [x]) => [tf.max(x!, -1)],
  wgsl: {
    kernels({ inputs: [x], outputs: [y] }) {
      const width = x!.shape.at(-1)!;
      return [
        {
          reads: { x: x! },
          writes: { y: y! },
          groups: y!.size,
          lanes: LANES,
          declarations: reductions(LANES),
          body: `
  var found = x(group * ${width}u);
  for (var c = lane; c < ${width}u; c += ${LANES}u) { found = max(found, x(group * ${width}u + c)); }
  let top = highest(lane, found);
  if (lane == 0u) { set_y(group, top); }`,
        },
      ];
    },
  },
  wasm: {
    bind({ inputs: [x], outputs: [y], kernels }) {
      const run = kernel(kernels, 'largestOfRows');
      return () => run(x!.at, y!.at, y!.size, x!.shape.at(-1)!);
    },
  },
};
