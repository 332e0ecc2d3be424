import { type Plan, sizeOf } from '../../plan/types.ts';
import { primitives } from '../../primitives/list.ts';

/** How the outputs that add up over many runs of a plan are gathered in one flat block of floats. */
export interface Sums {
  /** The range of each output, in floats from the beginning of the block. */
  readonly ranges: ReadonlyMap<string, { readonly first: number; readonly size: number }>;
  readonly size: number;
  /** Values that are computed in the block, at this many floats from its beginning. */
  readonly inside: ReadonlyMap<number, number>;
  /** Those of them that add even in the first run: another value of the same place comes before. */
  readonly later: ReadonlySet<number>;
  /** Calls, by index, that have nothing left to do: their inputs are computed where their output lies. */
  readonly done: ReadonlySet<number>;
  /** Values that are computed elsewhere and then added. */
  readonly outside: readonly { readonly value: number; readonly first: number }[];
}

/** Decides for each output of these names, and for what it is assembled from, where it is added up. */
export const planSums = (plan: Plan, names: readonly string[]): Sums => {
  const ranges = new Map<string, { first: number; size: number }>();
  const inside = new Map<number, number>();
  const later = new Set<number>();
  const done = new Set<number>();
  const outside: { value: number; first: number }[] = [];
  const uses = new Map<number, number>();
  const use = (value: number) => uses.set(value, (uses.get(value) ?? 0) + 1);
  for (const call of plan.calls) call.inputs.forEach(use);
  for (const port of plan.outputs) use(port.value);
  const makers = new Map(plan.calls.flatMap((call, index) => call.outputs.map((value) => [value, index] as const)));

  /** The call that makes a value which is used but once, and its form. */
  const maker = (value: number) => {
    const index = makers.get(value);
    if (index === undefined || uses.get(value) !== 1) return null;
    const call = plan.calls[index]!;
    return { index, call, form: primitives.get(call.primitive)!.wasm };
  };
  const canAdd = (value: number): boolean => {
    const made = maker(value);
    return made?.form.adds !== undefined && made.call.outputs[made.form.adds] === value;
  };
  const assign = (value: number, first: number): void => {
    const made = maker(value);
    const parts = made?.call.inputs ?? [];
    if (made?.form.assembles === 'joined') {
      let next = first;
      for (const part of parts) {
        assign(part, next);
        next += sizeOf(plan.values[part]!.shape);
      }
    } else if (made?.form.assembles === 'added' && parts.every(canAdd)) {
      const order = [...parts].sort((a, b) => makers.get(a)! - makers.get(b)!);
      for (const part of order) inside.set(part, first);
      for (const part of order.slice(1)) later.add(part);
    } else {
      if (canAdd(value)) inside.set(value, first);
      else outside.push({ value, first });
      return;
    }
    inside.set(value, first);
    done.add(made.index);
  };

  let size = 0;
  for (const name of names) {
    const port = plan.outputs.find((output) => output.name === name);
    if (!port) throw new Error(`the plan has no output ${name}`);
    const floats = sizeOf(plan.values[port.value]!.shape);
    ranges.set(name, { first: size, size: floats });
    assign(port.value, size);
    size += floats;
  }
  return { ranges, size, inside, later, done, outside };
};
