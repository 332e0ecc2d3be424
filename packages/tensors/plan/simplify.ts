import type { Call, Plan } from './types.ts';

/** The plan without calls whose results nobody reads, and with constants in place of what is made of constants alone. */
export const simplify = (plan: Plan): Plan => prune(fold(plan));

const prune = (plan: Plan): Plan => {
  const needed = new Set<number>([...plan.outputs.map((port) => port.value), ...plan.state.map((port) => port.next)]);
  const calls = plan.calls
    .filter(() => true)
    .reverse()
    .filter((call) => {
      if (!call.outputs.some((value) => needed.has(value))) return false;
      for (const value of call.inputs) needed.add(value);
      return true;
    });
  return { ...plan, calls: calls.reverse() };
};

/** Scaled and expanded constants, such as the gradient of a mean, are constants. */
const fold = (plan: Plan): Plan => {
  const constants = new Map<number, number>();
  const calls = plan.calls.map((call): Call => {
    const value = constantOf(call, constants);
    if (value === null) return call;
    const output = call.outputs[0]!;
    constants.set(output, value);
    return {
      primitive: 'fill',
      inputs: [],
      outputs: [output],
      attributes: { value, shape: plan.values[output]!.shape },
    };
  });
  return { ...plan, calls };
};

/** The 32-bit float in every element of what a call makes; null where that is not known. */
const constantOf = ({ primitive, inputs, attributes }: Call, constants: ReadonlyMap<number, number>): number | null => {
  if (primitive === 'fill') return Math.fround(Number(attributes['value']));
  const input = constants.get(inputs[0] ?? -1);
  if (input === undefined) return null;
  if (primitive === 'expand') return input;
  if (primitive === 'scale') return Math.fround(input * Math.fround(Number(attributes['factor'])));
  return null;
};
