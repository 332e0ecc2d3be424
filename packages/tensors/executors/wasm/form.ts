import type { Attributes, Shape, TensorType } from '../../plan/types.ts';

/** A value in the program's memory. */
export interface Place extends TensorType {
  /** First byte. */
  readonly at: number;
  /** Elements. */
  readonly size: number;
}

/** One call with its places. */
export interface WasmCall<A extends Attributes = Attributes> {
  readonly inputs: readonly Place[];
  readonly outputs: readonly Place[];
  readonly attributes: A;
  /** First byte of the scratch that `scratchFloats` asked for. */
  readonly scratch: number;
  readonly kernels: Kernels;
  /** First byte of values that are made and written once for the program, under this key. */
  constant(key: string, make: () => Float32Array): number;
  /**
   * First byte of `floats` floats that `fill` derives from this input, once for many runs; null when the input may be
   * another in each run.
   */
  prepared(input: number, key: string, floats: number, fill: (at: number) => void): number | null;
}

/** The WASM form of a primitive. */
export interface WasmForm<A extends Attributes = Attributes> {
  /** Floats of working memory, alive only during the call. */
  scratchFloats?(inputs: readonly Shape[], attributes: A): number;
  /** Output i may lie where input inPlace[i] does, when nobody reads that input afterwards. */
  readonly inPlace?: readonly number[];
  /** The outputs are consecutive ranges of input 0: they take no memory, and there is nothing to run. */
  readonly views?: boolean;
  /** The output that can also be added to what is there. */
  readonly adds?: number;
  /** The output is its inputs one after another, or added up: whoever computes them can do so in their final place. */
  readonly assembles?: 'joined' | 'added';
  /**
   * Makes the function that runs the call: output `adds` is added to what is there when `adding`. Called once, with
   * everything in place; also adds up the constants it needs.
   */
  bind(call: WasmCall<A>): (adding: boolean) => void;
}

type Numbers = (...values: number[]) => number;

/** The exported functions of the compiled kernels.as files; all take and answer numbers. */
export type Kernels = Readonly<Record<string, Numbers>>;

/** A kernel by name. Throws when the build lacks it. */
export const kernel = (kernels: Kernels, name: string): Numbers => {
  const found = kernels[name];
  if (!found) throw new Error(`the kernels have no ${name}`);
  return found;
};
