import { add } from '../primitives/add/add.ts';
import { primitives } from '../primitives/list.ts';
import { fill } from '../primitives/sum/sum.ts';
import { recomputation } from './recompute.ts';
import { type Recording, sizeOf, type Tensor } from './types.ts';

/**
 * Gradients of a scalar (shape [] or [1]) with respect to `wrt`, as further calls of the same trace: reverse mode, a
 * graph transform. What it appends is made of primitives, so that it can be differentiated again. With `recompute`
 * activations are computed again instead of kept: less memory, more work, the same bits.
 */
export const gradients = (
  t: Recording,
  scalar: Tensor,
  wrt: readonly Tensor[],
  { recompute = false } = {},
): Tensor[] => {
  if (sizeOf(scalar.shape) !== 1) throw new Error(`gradients: [${scalar.shape}] is not a scalar`);
  const reached = reachedFrom(t, wrt);
  const gradientOf = new Map<number, Tensor>([[scalar.id, fill(t, 1, scalar.shape)]]);
  const again = recompute ? recomputation(t, wrt) : null;
  for (const call of t.calls.slice().reverse()) {
    const outer = call.outputs.map((value) => gradientOf.get(value) ?? null);
    if (outer.every((gradient) => gradient === null) || !call.inputs.some((value) => reached.has(value))) continue;
    const primitive = primitives.get(call.primitive);
    if (!primitive?.derivative) throw new Error(`gradients: ${call.primitive} has no derivative`);
    const tensor = (value: number): Tensor => t.tensors[value]!;
    const seen = again?.tensorsOf(call) ?? { inputs: call.inputs.map(tensor), outputs: call.outputs.map(tensor) };
    const inner = primitive.derivative({ ...seen, attributes: call.attributes }, outer);
    call.inputs.forEach((value, index) => {
      const gradient = inner[index];
      if (!gradient || !reached.has(value)) return;
      const before = gradientOf.get(value);
      gradientOf.set(value, before ? add(before, gradient) : gradient);
    });
  }
  return wrt.map((tensor) => gradientOf.get(tensor.id) ?? fill(t, 0, tensor.shape));
};

/** The values that depend on any of `sources`. */
const reachedFrom = (t: Recording, sources: readonly Tensor[]): Set<number> => {
  const reached = new Set(sources.map((tensor) => tensor.id));
  for (const call of t.calls)
    if (call.inputs.some((value) => reached.has(value))) for (const value of call.outputs) reached.add(value);
  return reached;
};
