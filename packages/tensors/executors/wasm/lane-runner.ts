import { sizeOf } from '../../plan/types.ts';
import { BoundPlan } from './bound-plan.ts';
import { kernel } from './form.ts';
import type { LaneNode, LanePart, LaneResult, LaneTask } from './lane-words.ts';
import { itemsOf, laneCount, sharedFloats } from './lanes.ts';
import type { Machine } from './machine.ts';

/** A node in this thread's memory, from byte `at` on. */
type HeldNode = Omit<LaneNode, 'values'> & { readonly at: number };

/**
 * Computes lanes of a split plan on this thread. Within a lane the items are added up one after another. Lanes are
 * added in pairs of equal size that begin at a multiple of twice that size, whoever computed them; what is left over
 * is added from the last to the first.
 */
export class LaneRunner {
  readonly #bound: BoundPlan;
  readonly #part: LanePart;
  /** In the order of their lanes. */
  #held: HeldNode[] = [];
  /** Places for sums. */
  readonly #free: number[];
  readonly #sent: Float32Array[] = [];
  readonly #add: (into: number, from: number) => void;
  readonly #copy: (from: number, to: number) => void;

  constructor(part: LanePart, machine: Machine) {
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

  setStates(states: LaneTask['states']): void {
    for (const { name, value } of this.#part.each.state) {
      const values = states[name];
      if (values) this.#bound.put(name, value, values);
    }
    if (Object.keys(states).length > 0) this.#bound.prepare();
  }

  /** Computes lanes; their sums are held until `release` or `total`. Answers the outputs that do not add up. */
  run({ lanes, inputs, states }: LaneTask): LaneResult['rows'] {
    this.#held = [];
    this.setStates(states);
    const { items, each, sums } = this.#part;
    const all = itemsOf(lanes, items);
    const rows = new Map(
      each.outputs
        .filter(({ name }) => !sums.includes(name))
        .map(({ name, value }) => [name, new Float32Array(sizeOf(each.values[value]!.shape) * (all.end - all.first))]),
    );
    for (let lane = lanes.first; lane < lanes.end; lane++) {
      const { first, end } = itemsOf({ first: lane, end: lane + 1 }, items);
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
      if (sums.length > 0) this.#hold(lane, 1, (at) => this.#copy(this.#bound.sumsAt, at));
    }
    return Object.fromEntries(rows);
  }

  /** Takes in another thread's sums; nodes must come in the order of their lanes. */
  take({ first, count, values }: LaneNode): void {
    this.#hold(first, count, (at) => this.#bound.floatsAt(at, values.length).set(values));
  }

  /** The sums that are held, for another thread. Good until the next run. */
  release(): LaneNode[] {
    const { size } = this.#bound.sums;
    return this.#clear().map(({ first, count, at }, i) => {
      this.#sent[i] ??= sharedFloats(size);
      this.#sent[i].set(this.#bound.floatsAt(at, size));
      return { first, count, values: this.#sent[i] };
    });
  }

  /** The sums of all lanes by name, once every node is held: views, good until the next run. */
  total(): Record<string, Float32Array> {
    const { stretches } = this.#bound.sums;
    const nodes = this.#clear();
    for (let i = nodes.length - 1; i > 0; i--) this.#add(nodes[i - 1]!.at, nodes[i]!.at);
    const at = nodes[0]?.at ?? 0;
    return Object.fromEntries(
      [...stretches].map(([name, { first, size }]) => [name, this.#bound.floatsAt(at + 4 * first, size)]),
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
const allotted = ({ items, each, sums }: LanePart, machine: Machine) => {
  const bound = new BoundPlan(each, machine, { sums, steadyStates: true });
  const most = 2 + Math.ceil(Math.log2(laneCount(items)));
  const nodes = Array.from({ length: sums.length > 0 ? most : 0 }, () => bound.allot(bound.sums.size));
  return { bound, nodes };
};

/** Bytes that one thread takes. */
export const partBytes = (part: LanePart, machine: Machine): number => allotted(part, machine).bound.bytes;
