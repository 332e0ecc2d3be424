import type { Attributes, Shape, TensorType } from '../../plan/types.ts';

/** A value in the program's memory. */
export interface Place extends TensorType {
  /** Which of the program's buffers. */
  readonly buffer: number;
  /** First element in it. */
  readonly at: number;
  /** Elements. */
  readonly size: number;
}

/** One dispatch. */
export interface Kernel {
  /**
   * The operands by the names that the WGSL uses: element i of an operand x is `x(i)`; what is written is set by
   * `set_x(i, value)`, and may be read too.
   */
  readonly reads: Readonly<Record<string, Place>>;
  readonly writes: Readonly<Record<string, Place>>;
  /** A kernel that writes other elements of the same operands, and reads none that this one writes. */
  readonly beside?: Kernel;
  /** Numbers that differ between calls of one shader: `numbers.x` (u32) by name. */
  readonly numbers?: Readonly<Record<string, number>>;
  /** Workgroups, however many. */
  readonly groups: number;
  /** Invocations of a workgroup. */
  readonly lanes: number;
  /** WGSL before the entry point: workgroup memory, functions. */
  readonly declarations?: string;
  /** WGSL of the entry point, with `group` and `lane` in scope (u32). */
  readonly body: string;
}

/** One call with its places. */
export interface WgslCall<A extends Attributes = Attributes> {
  readonly inputs: readonly Place[];
  readonly outputs: readonly Place[];
  readonly attributes: A;
  /** To be added to output `takesAddend`, element by element; it may lie where that output does. */
  readonly addend: Place | null;
  /** The scratch that `scratchFloats` asked for. */
  readonly scratch: Place;
  /** Values that are made and written once for the program, under this key. */
  constant(key: string, make: () => Float32Array): Place;
}

/** The WGSL form of a primitive. */
export interface WgslForm<A extends Attributes = Attributes> {
  /** Floats of working memory, alive only during the call. */
  scratchFloats?(inputs: readonly Shape[], attributes: A): number;
  /** Output i may lie where input inPlace[i] does, when nobody reads that input afterwards. */
  readonly inPlace?: readonly number[];
  /** The outputs are consecutive stretches of input 0: they take no memory, and there is nothing to run. */
  readonly views?: boolean;
  /** The output is all inputs one after another: those that nothing else reads are made in it. */
  readonly joins?: boolean;
  /** The output to which the kernels add `addend`: an addition that follows needs no dispatch of its own. */
  readonly takesAddend?: number;
  /** The dispatches of the call, in order. */
  kernels(call: WgslCall<A>): readonly Kernel[];
}

/** A 32-bit float of WGSL. */
export const float = (value: number): string => `f32(${value})`;

const LANES = 64;

/** A kernel that runs `body` for each i below `count`, in no order. */
export const each = (count: number, operands: Pick<Kernel, 'reads' | 'writes'>, body: string): Kernel => ({
  ...operands,
  groups: Math.ceil(count / LANES),
  lanes: LANES,
  body: `
  let i = group * ${LANES}u + lane;
  if (i >= ${count}u) { return; }
  ${body}`,
});

/** WGSL of `total` and `highest`: of one value of each invocation of a workgroup, told to all of them. */
export const reductions = (lanes: number): string => `
var<workgroup> partial: array<f32, ${lanes}>;
${reduction('total', lanes, 'partial[lane] + partial[lane + half]')}
${reduction('highest', lanes, 'max(partial[lane], partial[lane + half])')}`;

const reduction = (name: string, lanes: number, combined: string): string => `
fn ${name}(lane: u32, value: f32) -> f32 {
  partial[lane] = value;
  workgroupBarrier();
  for (var half = ${lanes / 2}u; half > 0u; half /= 2u) {
    if (lane < half) { partial[lane] = ${combined}; }
    workgroupBarrier();
  }
  let result = partial[0];
  workgroupBarrier();
  return result;
}`;
