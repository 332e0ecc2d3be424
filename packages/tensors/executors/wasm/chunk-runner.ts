import { sizeOf } from '../../plan/types.ts';
import { BoundPlan } from './bound-plan.ts';
import { chunkCount, itemsOf, sharedFloats } from './chunks.ts';
import { kernel } from './form.ts';
import type { Machine } from './machine.ts';
import type { ChunkPlan, ChunkResult, ChunkSum, ChunkTask } from './worker-messages.ts';

/** A node in this thread's memory, from byte `at` on. */
type HeldNode = Omit<ChunkSum, 'values'> & { readonly at: number };

/**
 * Computes chunks of a split plan on this thread. Within a chunk the items are added up one after another. Chunks are
 * added in pairs of equal size that begin at a multiple of twice that size, whoever computed them; what is left over
 * is added from the last to the first.
 */
export class ChunkRunner {
  readonly #bound: BoundPlan;
  readonly #part: ChunkPlan;
  /** In the order of their chunks. */
  #held: HeldNode[] = [];
  /** Places for sums. */
  readonly #free: number[];
  readonly #sent: Float32Array[] = [];
  readonly #add: (into: number, from: number) => void;
  readonly #copy: (from: number, to: number) => void;

  constructor(part: ChunkPlan, machine: Machine) {
    this.#part = part;
    const { bound, nodes } = allotted(part, machine);
    bound.claim();
    this.#bound = bound;
    this.#free = nodes;
    const { kernels, sums } = this.#bound;
    const [add, copy] = [kernel(kernels, 'add'), kernel(kernels, 'copy')];
    this.#add = (into, from) => void add(into, from, into, sums.size);
    this.#copy = (from, to) => void copy(from, to, sums.size);
  }

  setStates(states: ChunkTask['states']): void {
    for (const { name, value } of this.#part.each.state) {
      const values = states[name];
      if (values) this.#bound.put(name, value, values);
    }
    if (Object.keys(states).length > 0) this.#bound.prepare();
  }

  /** Computes chunks; their sums are held until `release` or `total`. Answers the outputs that do not add up. */
  run({ chunks, inputs, states }: ChunkTask): ChunkResult['rows'] {
    this.#held = [];
    this.setStates(states);
    const { items, each, sums } = this.#part;
    const all = itemsOf(chunks, items);
    const rows = new Map(
      each.outputs
        .filter(({ name }) => !sums.includes(name))
        .map(({ name, value }) => [name, new Float32Array(sizeOf(each.values[value]!.shape) * (all.end - all.first))]),
    );
    for (let chunk = chunks.first; chunk < chunks.end; chunk++) {
      const { first, end } = itemsOf({ first: chunk, end: chunk + 1 }, items);
      for (let item = first; item < end; item++) {
        for (const { name, value } of each.inputs) {
          const size = sizeOf(each.values[value]!.shape);
          const from = size * (item - all.first);
          this.#bound.put(name, value, inputs[name]!.subarray(from, from + size));
        }
        this.#bound.run(item > first);
        for (const { name, value } of each.outputs) {
          const floats = this.#bound.floats(value);
          rows.get(name)?.set(floats, floats.length * (item - all.first));
        }
      }
      if (sums.length > 0) this.#hold(chunk, 1, (at) => this.#copy(this.#bound.sumsAt, at));
    }
    return Object.fromEntries(rows);
  }

  /** Takes in another thread's sums; nodes must come in the order of their chunks. */
  take({ first, count, values }: ChunkSum): void {
    this.#hold(first, count, (at) => this.#bound.floatsAt(at, values.length).set(values));
  }

  /** The sums that are held, for another thread. Good until the next run. */
  release(): ChunkSum[] {
    const { size } = this.#bound.sums;
    return this.#clear().map(({ first, count, at }, i) => {
      this.#sent[i] ??= sharedFloats(size);
      this.#sent[i].set(this.#bound.floatsAt(at, size));
      return { first, count, values: this.#sent[i] };
    });
  }

  /** The sums of all chunks by name, once every node is held: views, good until the next run. */
  total(): Record<string, Float32Array> {
    const { ranges } = this.#bound.sums;
    const nodes = this.#clear();
    for (let i = nodes.length - 1; i > 0; i--) this.#add(nodes[i - 1]!.at, nodes[i]!.at);
    const at = nodes[0]?.at ?? 0;
    return Object.fromEntries(
      [...ranges].map(([name, { first, size }]) => [name, this.#bound.floatsAt(at + 4 * first, size)]),
    );
  }

  #hold(first: number, count: number, fill: (at: number) => void): void {
    const at = this.#free.pop()!;
    fill(at);
    let node: HeldNode = { first, count, at };
    for (let left = this.#held.at(-1); left; left = this.#held.at(-1)) {
      if (left.count !== node.count || left.first % (2 * left.count) !== 0) break;
      this.#add(left.at, node.at);
      this.#free.push(node.at);
      this.#held.pop();
      node = { ...left, count: 2 * left.count };
    }
    this.#held.push(node);
  }

  #clear(): HeldNode[] {
    const nodes = this.#held;
    this.#held = [];
    for (const { at } of nodes) this.#free.push(at);
    return nodes;
  }
}

/** The memory of a part, not claimed yet: for one item, and for as many sums as are ever held at once. */
const allotted = ({ items, each, sums }: ChunkPlan, machine: Machine) => {
  const bound = new BoundPlan(each, machine, { sums, steadyStates: true });
  const most = 2 + Math.ceil(Math.log2(chunkCount(items)));
  const nodes = Array.from({ length: sums.length > 0 ? most : 0 }, () => bound.allot(bound.sums.size));
  return { bound, nodes };
};

/** Bytes that one thread takes. */
export const partBytes = (part: ChunkPlan, machine: Machine): number => allotted(part, machine).bound.bytes;
