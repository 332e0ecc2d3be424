import type * as core from '@tensorflow/tfjs-core';

/** TensorFlow.js as a type: only `open.ts` loads it. */
export type Tf = typeof core;
export type TfTensor = core.Tensor;
export type TfBackend = 'webgpu' | 'wasm' | 'cpu';

/** Operations whose usual spelling is slow or missing on some backend. */
export interface Spellings {
  /** a [M, K] x b [K, N], or both with one batch axis in front; the flags transpose the last two axes first. */
  matmul(a: TfTensor, b: TfTensor, transposeA?: boolean, transposeB?: boolean): TfTensor;
  /** [N, depth] floats: row n is 1 at ids[n] and 0 elsewhere. */
  oneHot(ids: TfTensor, depth: number): TfTensor;
  /** Rows `ids` [N] of table [V, D]: [N, D]. */
  gatherRows(table: TfTensor, ids: TfTensor): TfTensor;
  /** Sums the rows of values [N, D] into row ids[n] of zeros [count, D]. */
  scatterRows(ids: TfTensor, values: TfTensor, count: number): TfTensor;
  /** `count` equal parts of x along its last axis. */
  splitColumns(x: TfTensor, count: number): TfTensor[];
  /** The last axis in stretches of `width` columns, the halves of each exchanged. */
  swapHalves(x: TfTensor, width: number): TfTensor;
  /** Parts [N, D] side by side. */
  joinColumns(parts: readonly TfTensor[]): TfTensor;
  /** Consecutive stretches of flat [N], in the given shapes. */
  unpack(flat: TfTensor, shapes: readonly (readonly number[])[]): TfTensor[];
}

/** The tools of a primitive's TensorFlow.js form. */
export interface TfContext extends Spellings {
  readonly tf: Tf;
  /** A tensor made once for an executor and kept until it is disposed: masks, tables. */
  constant(key: string, make: () => TfTensor): TfTensor;
}
