import { kernel } from '../../executors/wasm/form.ts';
import { operand, type Primitive } from '../../plan/primitive.ts';
import type { Tensor } from '../../plan/types.ts';
import type { RopeAttributes } from './attributes.ts';
import { ropeTables } from './tables.ts';
import { ropeTfjs } from './tfjs.ts';
import { ropeWgsl } from './wgsl.ts';

/**
 * Rotary position embedding, half-split: in each head, columns i and i + headWidth/2 turn by
 * position * base^(-2i/headWidth). x [N, W], N a multiple of context.
 */
export const rope = (x: Tensor, attributes: Omit<RopeAttributes, 'inverse'>): Tensor =>
  x.trace.emit('rope', [x], { ...attributes, inverse: false })[0]!;

export const ropePrimitive: Primitive<RopeAttributes> = {
  name: 'rope',
  infer(inputs, { context, headWidth, heads }) {
    const x = operand('rope', inputs, 0, 2);
    const [rows, width] = [x.shape[0]!, x.shape[1]!];
    if (rows % context !== 0 || headWidth % 2 !== 0 || width % headWidth !== 0 || heads * headWidth > width)
      throw new Error(`rope: [${x.shape}] does not fit context ${context} and ${heads} heads of ${headWidth}`);
    return [x];
  },
  derivative: ({ attributes }, [dy]) => dy!.trace.emit('rope', [dy!], { ...attributes, inverse: !attributes.inverse }),
  tfjs: ropeTfjs,
  wgsl: ropeWgsl,
  wasm: {
    inPlace: [0],
    bind({ inputs: [x], outputs: [y], attributes, kernels, constant }) {
      const run = kernel(kernels, 'rope');
      const { context, headWidth, heads, inverse } = attributes;
      const [rows, width] = x!.shape as [number, number];
      const key = `rope ${context} ${headWidth} ${attributes.base}`;
      const cos = constant(`${key} cos`, () => ropeTables(attributes).cos);
      const sin = constant(`${key} sin`, () => ropeTables(attributes).sin);
      return () => run(x!.at, y!.at, cos, sin, rows, width, context, headWidth, heads, inverse ? -1 : 1);
    },
  },
};
