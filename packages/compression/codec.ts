import type { Coarseness } from '@pathfold/protocol/run-spec';

/** The facts of a module that a codec needs. Modules of a path stand in the order of its flat outer gradient. */
export interface CodedModule {
  readonly name: string;
  readonly parameterCount: number;
}

/** The bytes [start, end) of a payload. */
export type ReadRange = (start: number, end: number) => Promise<Uint8Array>;

/**
 * Turns the outer gradient of a path into a payload and back. Encoding has the form of optax's `update`: what one
 * contribution leaves for the next (the residual of error feedback) is a state that the caller carries.
 */
export interface Codec {
  readonly name: string;
  /** How coarse its payloads are, where a run chooses it. */
  readonly coarseness?: Coarseness;
  /** The state before the first contribution; empty where nothing is carried. Its length never changes. */
  init(modules: readonly CodedModule[]): Float32Array;
  /** Changes neither `delta` nor `state`; the payload may share memory with `delta`. The new state counts once the payload is accepted. */
  encode(
    delta: Float32Array,
    state: Float32Array,
    modules: readonly CodedModule[],
  ): { readonly payload: Uint8Array; readonly state: Float32Array };
  /** The whole outer gradient. Throws PathfoldError `wrong_size` or `bad_payload` for bytes that `encode` never writes. */
  decode(payload: Uint8Array, modules: readonly CodedModule[]): Float32Array;
  /**
   * The Euclidean norm of the whole outer gradient, by a codec that tells it before there are floats. Throws what `decode`
   * throws, and `norm_out_of_bounds` as soon as the norm is certain to be above `mostNorm`.
   */
  norm?(payload: Uint8Array, modules: readonly CodedModule[], mostNorm: number): number;
  /** One module of a payload that `decode` took: `length` values from `offset` on. Reads no more than it needs. */
  decodeModule(read: ReadRange, offset: number, length: number): Promise<Float32Array>;
  /** The usual size of a payload, in bytes. */
  typicalBytes(modules: readonly CodedModule[]): number;
  /** No payload is larger, in bytes. */
  mostBytes(modules: readonly CodedModule[]): number;
}

export const valuesIn = (modules: readonly CodedModule[]): number =>
  modules.reduce((sum, { parameterCount }) => sum + parameterCount, 0);
