import type { Tf, TfContext, TfTensor } from '../executors/tfjs/context.ts';
import type { WasmForm } from '../executors/wasm/form.ts';
import type { WgslForm } from '../executors/webgpu/form.ts';
import type { Attributes, Shape, Tensor, TensorType } from './types.ts';

/** One traced call as a derivative sees it. */
export interface TracedCall<A extends Attributes> {
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  readonly attributes: A;
}

/**
 * Everything about one primitive. Its folder holds the operation that nets call, this record, and one file for each
 * executor's form.
 */
export interface Primitive<A extends Attributes = Attributes> {
  readonly name: string;
  /** Types of the outputs; throws on operands that do not fit. */
  infer(inputs: readonly TensorType[], attributes: A): TensorType[];
  /**
   * Gradients of the inputs, written in primitives, from those of the outputs (null: that output does not matter).
   * Null for an input that has none. Primitives without this method cannot be differentiated.
   */
  derivative?(call: TracedCall<A>, gradients: readonly (Tensor | null)[]): (Tensor | null)[];
  /** The TensorFlow.js form; runs inside a tidy, and never changes its inputs. */
  tfjs(context: TfContext, inputs: readonly TfTensor[], attributes: A): TfTensor[];
  /** The form on our own WebGPU kernels. */
  readonly wgsl: WgslForm<A>;
  /** The form on our own WebAssembly kernels. */
  readonly wasm: WasmForm<A>;
}

export type { Tf, TfContext, TfTensor };

/** Throws unless both shapes are equal. */
export const sameShape = (name: string, a: Shape, b: Shape): void => {
  if (a.length !== b.length || a.some((side, axis) => side !== b[axis]))
    throw new Error(`${name}: shapes [${a}] and [${b}] differ`);
};

/** The input at `index`, with its rank checked. */
export const operand = (name: string, inputs: readonly TensorType[], index: number, rank?: number): TensorType => {
  const found = inputs[index];
  if (!found) throw new Error(`${name}: input ${index} is missing`);
  if (rank !== undefined && found.shape.length !== rank)
    throw new Error(`${name}: input ${index} has shape [${found.shape}], wanted ${rank} axes`);
  return found;
};
