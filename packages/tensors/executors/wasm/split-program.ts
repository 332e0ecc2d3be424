import { type Plan, type Split, sizeOf } from '../../plan/types.ts';
import type { Data, Program } from '../executor.ts';
import { BoundPlan } from './bound-plan.ts';
import { ChunkRunner, partBytes } from './chunk-runner.ts';
import { chunkCount, itemsOf, type Range, rangeOf, sharedFloats } from './chunks.ts';
import type { NewMachine } from './machine.ts';
import { WasmProgram } from './program.ts';
import type { ChunkTask } from './worker-messages.ts';
import type { WorkerPool } from './worker-pool.ts';

/** A split plan on this thread and the worker pool: each computes some of the chunks, this one then does the rest. */
export class SplitProgram implements Program {
  readonly #runner: ChunkRunner;
  readonly #rest: WasmProgram | null;
  readonly #id: number;
  /** The states that chunks read. */
  readonly #states = new Map<string, Float32Array>();
  /** Those of them that changed since the last run. */
  readonly #changed = new Set<string>();
  readonly #written = new Set<string>();

  constructor(
    private readonly plan: Plan,
    private readonly split: Split,
    newMachine: NewMachine,
    private readonly pool: WorkerPool | null,
  ) {
    const { items, each, sums, rest } = split;
    this.#runner = new ChunkRunner({ items, each, sums }, newMachine());
    this.#rest = rest && new WasmProgram(rest, newMachine());
    this.#id = pool?.open({ items, each, sums }) ?? 0;
    for (const { name, value } of each.state) this.#states.set(name, sharedFloats(sizeOf(each.values[value]!.shape)));
  }

  write(name: string, values: Float32Array): void {
    const port = this.plan.state.find((state) => state.name === name);
    if (!port) throw new Error(`the plan has no state ${name}`);
    const { shape } = this.plan.values[port.value]!;
    if (values.length !== sizeOf(shape)) throw new Error(`${name} holds ${values.length} elements, not [${shape}]`);
    if (this.split.rest?.state.some((state) => state.name === name)) this.#rest?.write(name, values);
    this.#change(name, values);
    this.#written.add(name);
  }

  async read(name: string): Promise<Float32Array> {
    if (!this.#written.has(name)) throw new Error(`state ${name} has not been written`);
    return (this.#states.get(name) ?? this.#rest!.view(name)).slice();
  }

  async run(
    inputs: Readonly<Record<string, Data>>,
    wanted: readonly string[] = this.plan.outputs.map((port) => port.name),
  ): Promise<Record<string, Float32Array>> {
    this.#check(inputs);
    const chunks = chunkCount(this.split.items);
    const threads = Math.min(chunks, 1 + (this.pool?.size ?? 0));
    const states = Object.fromEntries([...this.#changed].map((name) => [name, this.#states.get(name)!]));
    this.#changed.clear();
    const task = (index: number) => ({ ...this.#task(rangeOf(index, threads, chunks), inputs), states });
    const others = Array.from({ length: threads - 1 }, (_, i) => this.pool!.run(i, this.#id, task(i + 1)));
    const results = Promise.all(others);
    results.catch(() => {});
    const rows = [this.#runner.run(task(0))];
    for (const result of await results) {
      rows.push(result.rows);
      for (const node of result.nodes) this.#runner.take(node);
    }
    const sums = this.#runner.total();
    const answer = (name: string): Float32Array => {
      const found = sums[name];
      return found ? found.slice() : joined(rows.map((part) => part[name]!));
    };
    const outputs = Object.fromEntries(wanted.map((name) => [name, answer(name)]));
    if (this.#rest && this.split.rest) {
      await this.#rest.run({ ...inputs, ...sums }, []);
      for (const { name } of this.split.rest.state) this.#change(name, this.#rest.view(name));
    }
    return outputs;
  }

  dispose(): void {
    this.pool?.close(this.#id);
    this.#rest?.dispose();
    this.#written.clear();
  }

  #check(inputs: Readonly<Record<string, Data>>): void {
    for (const { name, value } of this.plan.inputs) {
      const data = inputs[name];
      if (!data) throw new Error(`input ${name} is missing`);
      const { shape } = this.plan.values[value]!;
      if (data.length !== sizeOf(shape)) throw new Error(`${name} holds ${data.length} elements, not [${shape}]`);
    }
    for (const { name } of this.plan.state)
      if (!this.#written.has(name)) throw new Error(`state ${name} has not been written`);
  }

  /** These chunks with their range of the inputs. */
  #task(chunks: Range, inputs: Readonly<Record<string, Data>>): Omit<ChunkTask, 'states'> {
    const { items, each } = this.split;
    const { first, end } = itemsOf(chunks, items);
    const ranges = each.inputs.map(({ name, value }) => {
      const size = sizeOf(each.values[value]!.shape);
      return [name, inputs[name]!.slice(first * size, end * size)] as const;
    });
    return { chunks, inputs: Object.fromEntries(ranges) };
  }

  #change(name: string, values: Float32Array): void {
    const state = this.#states.get(name);
    if (!state) return;
    state.set(values);
    this.#changed.add(name);
  }
}

const joined = (parts: readonly Float32Array[]): Float32Array => {
  const whole = new Float32Array(parts.reduce((total, part) => total + part.length, 0));
  let from = 0;
  for (const part of parts) {
    whole.set(part, from);
    from += part.length;
  }
  return whole;
};

/** Bytes on all threads together, with one copy of the states that they share. */
export const splitBytes = (split: Split, newMachine: NewMachine, threads: number): number => {
  const states = split.each.state.reduce((sum, { value }) => sum + 4 * sizeOf(split.each.values[value]!.shape), 0);
  const rest = split.rest ? new BoundPlan(split.rest, newMachine()).bytes : 0;
  return Math.min(threads, chunkCount(split.items)) * partBytes(split, newMachine()) + states + rest;
};
