/** Element types: 32-bit floats, and 32-bit integers for indices. */
export type DType = 'f32' | 'i32';
export type Shape = readonly number[];

export interface TensorType {
  readonly shape: Shape;
  readonly dtype: DType;
}

/** Constants of one call: numbers, flags, or lists (of lists) of numbers. They are part of the plan, never data. */
export type Attribute = number | boolean | readonly number[] | readonly (readonly number[])[];
export type Attributes = Readonly<Record<string, Attribute>>;

/** A symbolic tensor: a value of the trace that made it. */
export interface Tensor extends TensorType {
  readonly id: number;
  readonly trace: Emitter;
}

/** The part of a trace that an operation uses: the ways to append calls. */
export interface Emitter {
  emit(primitive: string, inputs: readonly Tensor[], attributes?: Attributes): Tensor[];
  /** Gradients of a scalar with respect to `wrt`: see `differentiate.ts`. */
  gradients(scalar: Tensor, wrt: readonly Tensor[]): Tensor[];
}

/** One primitive applied to values; values are numbered in the order in which they are made. */
export interface Call {
  readonly primitive: string;
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  readonly attributes: Attributes;
}

/** The calls traced so far. */
export interface Recording extends Emitter {
  /** By value id. */
  readonly tensors: readonly Tensor[];
  readonly calls: readonly Call[];
}

/** An input or output of a plan, by name. */
export interface Port {
  readonly name: string;
  readonly value: number;
}

/** A value that stays on the device between runs; after each run it becomes `next`. */
export interface StatePort extends Port {
  readonly next: number;
}

/** A traced computation: calls in order over typed values. Plain data: an executor compiles it. */
export interface Plan {
  /** Types of all values, by value id. */
  readonly values: readonly TensorType[];
  readonly inputs: readonly Port[];
  readonly state: readonly StatePort[];
  readonly outputs: readonly Port[];
  readonly calls: readonly Call[];
  /** The same computation by parts, for executors that have several processors. */
  readonly split?: Split;
}

/** A computation over items that do not see each other, such as the sequences of a batch. */
export interface Split {
  readonly items: number;
  /** One item: its stretch of the inputs that it names. It reads states of the whole by their names, and changes none. */
  readonly each: Plan;
  /** Outputs of `each` that add up over the items. What it answers else lies one item after another. */
  readonly sums: readonly string[];
  /** The plan that follows once: it takes sums as inputs of the same names, and steps the states. */
  readonly rest: Plan | null;
}

export const sizeOf = (shape: Shape): number => shape.reduce((size, side) => size * side, 1);

export const f32 = (...shape: number[]): TensorType => ({ shape, dtype: 'f32' });
