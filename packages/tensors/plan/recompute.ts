import { primitives } from '../primitives/list.ts';
import type { Call, Recording, Tensor } from './types.ts';

/**
 * Activation checkpointing (Chen et al. 2016, arXiv:1604.06174): what the derivative needs of a stretch of calls is
 * computed again, from the one value with which the stretch begins, when the derivative gets there. Until then memory
 * holds that value alone. A stretch begins wherever all that follows depends on one value only: in a residual net
 * before and after each residual addition.
 */
export interface Recomputation {
  /** The tensors of a call as the derivative should see them. Asked from the last call to the first. */
  tensorsOf(call: Call): { readonly inputs: readonly Tensor[]; readonly outputs: readonly Tensor[] };
}

export const recomputation = (t: Recording, kept: readonly Tensor[]): Recomputation => {
  const calls = t.calls.slice();
  const stretchOf = new Map<Call, number>();
  const stretches = stretchesOf(calls, kept);
  stretches.forEach((stretch, index) => {
    for (const call of stretch) stretchOf.set(call, index);
  });
  /** By value: its copy, made in the stretch that the derivative is in. */
  let copies = new Map<number, Tensor>();
  let inside = stretches.length;
  const tensor = (value: number): Tensor => copies.get(value) ?? t.tensors[value]!;
  const repeat = (stretch: readonly Call[]): void => {
    copies = new Map();
    for (const { primitive, inputs, outputs, attributes } of stretch.slice(0, -1)) {
      const again = t.emit(primitive, inputs.map(tensor), attributes);
      outputs.forEach((value, index) => {
        copies.set(value, again[index]!);
      });
    }
  };
  return {
    tensorsOf(call) {
      const stretch = stretchOf.get(call);
      if (stretch !== undefined && stretch < inside) {
        inside = stretch;
        repeat(stretches[stretch]!);
      }
      return { inputs: call.inputs.map(tensor), outputs: call.outputs.map(tensor) };
    },
  };
};

/** Calls in stretches, each but the first of which begins with one value that all that follows depends on. */
const stretchesOf = (calls: readonly Call[], kept: readonly Tensor[]): Call[][] => {
  // Views of what stays anyway cost nothing to keep.
  const lasting = new Set(kept.map(({ id }) => id));
  const made = new Map<number, number>();
  const lastUse = new Map<number, number>();
  const counted = calls.filter((call) => {
    const view = primitives.get(call.primitive)?.wasm.views && call.inputs.every((value) => lasting.has(value));
    if (view) for (const value of call.outputs) lasting.add(value);
    return !view;
  });
  counted.forEach((call, index) => {
    for (const value of call.outputs) made.set(value, index);
    for (const value of call.inputs) if (made.has(value)) lastUse.set(value, index);
  });
  const alive = new Set<number>();
  const stretches: Call[][] = [[]];
  counted.forEach((call, index) => {
    stretches.at(-1)!.push(call);
    for (const value of call.outputs) if ((lastUse.get(value) ?? -1) > index) alive.add(value);
    for (const value of call.inputs) if ((lastUse.get(value) ?? -1) <= index) alive.delete(value);
    if (alive.size === 1) stretches.push([]);
  });
  return stretches;
};
