import { kernel } from '../../executors/wasm/form.ts';
import { operand, type Primitive, sameShape } from '../../plan/primitive.ts';
import type { Tensor } from '../../plan/types.ts';
import type { AdamwAttributes } from './attributes.ts';
import { adamwTfjs } from './tfjs.ts';
import { adamwWgsl } from './wgsl.ts';

export interface AdamwState {
  readonly theta: Tensor;
  readonly m: Tensor;
  readonly v: Tensor;
}

/**
 * One step of AdamW over flat parameters [N], the gradient clipped by its global norm, the decay decoupled.
 * rates [3]: learning rate, 1 / (1 - beta1^t), 1 / (1 - beta2^t). Adam is weightDecay 0 and clipNorm 1e30. It has no
 * derivative: an inner step that is differentiated is written in `sub` and `scale`.
 */
export const adamw = (
  { theta, m, v }: AdamwState,
  gradient: Tensor,
  rates: Tensor,
  attributes: AdamwAttributes,
): AdamwState => {
  const next = theta.trace.emit('adamw', [theta, m, v, gradient, rates], attributes);
  return { theta: next[0]!, m: next[1]!, v: next[2]! };
};

export const adamwPrimitive: Primitive<AdamwAttributes> = {
  name: 'adamw',
  infer(inputs) {
    const [theta, m, v, gradient] = [0, 1, 2, 3].map((index) => operand('adamw', inputs, index, 1));
    for (const other of [m, v, gradient]) sameShape('adamw', theta!.shape, other!.shape);
    sameShape('adamw', operand('adamw', inputs, 4).shape, [3]);
    return [theta!, m!, v!];
  },
  tfjs: adamwTfjs,
  wgsl: adamwWgsl,
  wasm: {
    inPlace: [0, 1, 2],
    bind({ inputs, outputs, attributes, kernels }) {
      const run = kernel(kernels, 'adamw');
      const { beta1, beta2, epsilon, weightDecay, clipNorm } = attributes;
      const pointers = [...inputs, ...outputs].map(({ at }) => at);
      const count = inputs[0]!.size;
      return () => run(...pointers, count, beta1, beta2, epsilon, weightDecay, clipNorm);
    },
  },
};
