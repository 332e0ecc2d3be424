import type { Plan } from '../../plan/types.ts';
import type { Data, Program } from '../executor.ts';
import { BoundPlan } from './bound-plan.ts';
import type { Machine } from './machine.ts';

/** A plan on this thread, as one. */
export class WasmProgram implements Program {
  readonly #bound: BoundPlan;
  readonly #written = new Set<string>();

  constructor(
    private readonly plan: Plan,
    machine: Machine,
  ) {
    this.#bound = new BoundPlan(plan, machine);
    this.#bound.claim();
  }

  write(name: string, values: Float32Array): void {
    const port = this.plan.state.find((state) => state.name === name);
    if (!port) throw new Error(`the plan has no state ${name}`);
    this.#bound.put(name, port.value, values);
    this.#written.add(name);
  }

  async read(name: string): Promise<Float32Array> {
    return this.view(name).slice();
  }

  /** A state where it lies; good until the next run. */
  view(name: string): Float32Array {
    const port = this.plan.state.find((state) => state.name === name);
    if (!port || !this.#written.has(name)) throw new Error(`state ${name} has not been written`);
    return this.#bound.floats(port.value);
  }

  async run(
    inputs: Readonly<Record<string, Data>>,
    wanted: readonly string[] = this.plan.outputs.map((port) => port.name),
  ): Promise<Record<string, Float32Array>> {
    const bound = this.#bound;
    for (const { name, value } of this.plan.inputs) {
      const data = inputs[name];
      if (!data) throw new Error(`input ${name} is missing`);
      bound.put(name, value, data);
    }
    for (const { name } of this.plan.state)
      if (!this.#written.has(name)) throw new Error(`state ${name} has not been written`);
    bound.run();
    const outputs = wanted.map((name): [string, Float32Array] => {
      const port = this.plan.outputs.find((output) => output.name === name);
      if (!port) throw new Error(`the plan has no output ${name}`);
      return [name, bound.floats(port.value).slice()];
    });
    const successors = this.plan.state.map(({ value, next }) => {
      const there = bound.floats(value).byteOffset === bound.floats(next).byteOffset;
      return { value, next: there ? null : bound.floats(next).slice() };
    });
    for (const { value, next } of successors) if (next) bound.floats(value).set(next);
    return Object.fromEntries(outputs);
  }

  /** The memory goes with the last reference to this program. */
  dispose(): void {
    this.#written.clear();
  }
}
