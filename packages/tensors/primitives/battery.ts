import type { Data, Executor } from '../executors/executor.ts';
import { gradients } from '../plan/differentiate.ts';
import { type Trace, trace } from '../plan/trace.ts';
import { type Plan, sizeOf, type Tensor } from '../plan/types.ts';
import type { Case } from './case.ts';

/** The checks of the battery for each case, on any executor and in any engine. */
export type Values = Record<string, Float32Array>;

export const noise = (length: number, seed: number): number[] => {
  let state = seed;
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  return Array.from({ length }, () => 1.7 * (next() + next() + next() + next() - 2));
};
const seedOf = (name: string) => [...name].reduce((seed, letter) => seed * 31 + letter.charCodeAt(0), 7);

/** Values of a plan's inputs: x0, x1, ... as the case says, weights as noise. */
export const valuesFor = (plan: Plan, c: Case): Record<string, Data> =>
  Object.fromEntries(
    plan.inputs.map(({ name, value }) => {
      const input = name.startsWith('x') ? c.inputs[Number(name.slice(1))]! : { scale: 1, indicesBelow: undefined };
      const drawn = noise(sizeOf(plan.values[value]!.shape), seedOf(name));
      const { indicesBelow, scale = 1 } = input;
      if (indicesBelow === undefined) return [name, Float32Array.from(drawn, (v) => v * scale)];
      return [name, Int32Array.from(drawn, (v) => Math.floor(Math.abs(v) * 1e6) % indicesBelow)];
    }),
  );

/** Which inputs of a case are floats. */
export const floatsOf = ({ inputs }: Case): number[] =>
  inputs.flatMap((x, i) => (x.indicesBelow === undefined ? [i] : []));

const inputsOf = (t: Trace, { inputs }: Case): Tensor[] =>
  inputs.map((x, i) => t.input(`x${i}`, x.shape, x.indicesBelow === undefined ? 'f32' : 'i32'));

/** The sum of all elements of `outputs`, each weighted by an input of its own. */
const weigh = (t: Trace, outputs: readonly Tensor[], prefix: string): Tensor =>
  outputs
    .map((y, i) => t.emit('sum', t.emit('mul', [y, t.input(`${prefix}${i}`, y.shape)]))[0]!)
    .reduce((a, b) => t.emit('add', [a, b])[0]!);

/** The `order`-th derivative of the case: its outputs, their weighted sum's gradients, those ones' gradients, ... */
const derive = (t: Trace, c: Case, inputs: readonly Tensor[], order: number): readonly Tensor[] =>
  order === 0
    ? c.build(inputs)
    : gradients(
        t,
        weigh(t, derive(t, c, inputs, order - 1), `w${order}.`),
        floatsOf(c).map((i) => inputs[i]!),
      );

/** The plan of the `order`-th derivative of a case; outputs y0, y1, ... */
export const planOf = (c: Case, order: number): Plan =>
  trace((t) => {
    derive(t, c, inputsOf(t, c), order).forEach((y, i) => {
      t.output(`y${i}`, y);
    });
  });

/** Relative L2 distance of all outputs together. */
export const distance = (a: Values, b: Values): number => {
  let [difference, size] = [0, 0];
  for (const [name, y] of Object.entries(b))
    y.forEach((value, i) => {
      difference += (a[name]![i]! - value) ** 2;
      size += value ** 2;
    });
  return Math.sqrt(difference) / Math.max(Math.sqrt(size), 1e-3);
};

/** By case, a checksum (FNV-1a) of the bits of all that it and its derivatives compute. */
export const bitsOf = async (executor: Executor, cases: readonly Case[]): Promise<Record<string, number>> => {
  const bits: Record<string, number> = {};
  for (const c of cases) {
    let hash = 0x811c9dc5;
    for (let order = 0; order <= c.derivatives; order++) {
      const plan = planOf(c, order);
      const program = executor.compile(plan);
      const outputs = await program.run(valuesFor(plan, c));
      program.dispose();
      for (const y of Object.values(outputs))
        for (const word of new Uint32Array(y.buffer, y.byteOffset, y.length)) hash = Math.imul(hash ^ word, 0x01000193);
    }
    bits[c.name] = hash >>> 0;
  }
  return bits;
};
