import { liveness } from '../../plan/liveness.ts';
import type { Primitive } from '../../plan/primitive.ts';
import { type Plan, sizeOf } from '../../plan/types.ts';
import { primitives } from '../../primitives/list.ts';
import type { Sums } from './sums.ts';

/** Where everything lies, in bytes from the beginning of the program's memory. */
export interface Layout {
  /** By value id; values that no call makes or reads have none. */
  readonly at: ReadonlyMap<number, number>;
  readonly scratch: number;
  /** The block of sums. */
  readonly sums: number;
  /** All bytes, constants not included. */
  readonly bytes: number;
}

const ALIGNMENT = 64;

/** Hands out ranges of memory, the smallest free one that fits first. */
class Arena {
  readonly #free: { at: number; bytes: number }[] = [];
  end = 0;

  take(bytes: number): number {
    const fitting = this.#free.filter((hole) => hole.bytes >= bytes).sort((a, b) => a.bytes - b.bytes)[0];
    if (!fitting) {
      const at = this.end;
      this.end += bytes;
      return at;
    }
    const at = fitting.at;
    fitting.at += bytes;
    fitting.bytes -= bytes;
    if (fitting.bytes === 0) this.#free.splice(this.#free.indexOf(fitting), 1);
    return at;
  }

  give(at: number, bytes: number): void {
    const before = this.#free.find((hole) => hole.at + hole.bytes === at);
    const after = this.#free.find((hole) => hole.at === at + bytes);
    if (before && after) {
      before.bytes += bytes + after.bytes;
      this.#free.splice(this.#free.indexOf(after), 1);
    } else if (before) before.bytes += bytes;
    else if (after) {
      after.at = at;
      after.bytes += bytes;
    } else this.#free.push({ at, bytes });
  }
}

/** A range of memory and the values that live in it, at their distances from its beginning. */
interface Block {
  readonly at: number;
  readonly bytes: number;
  alive: number;
}

/** Plans the memory of a plan once: blocks are used again as soon as the last value in them is dead; sums are kept. */
export const layOut = (plan: Plan, sums: Sums): Layout => {
  const { dies } = liveness(plan);
  const arena = new Arena();
  const blocks = new Map<number, Block>();
  const at = new Map<number, number>();
  const aligned = (floats: number) => Math.ceil((4 * floats) / ALIGNMENT) * ALIGNMENT;

  const place = (value: number, block: Block, distance = 0) => {
    block.alive++;
    blocks.set(value, block);
    at.set(value, block.at + distance);
  };
  const allot = (value: number) => {
    const bytes = aligned(sizeOf(plan.values[value]!.shape));
    place(value, { at: arena.take(bytes), bytes, alive: 0 });
  };
  /** The values as consecutive ranges of `whole`. */
  const viewInto = (whole: number, values: readonly number[]) => {
    const block = blocks.get(whole)!;
    let distance = at.get(whole)! - block.at;
    for (const value of values) {
      place(value, block, distance);
      distance += 4 * sizeOf(plan.values[value]!.shape);
    }
  };
  const release = (value: number) => {
    const block = blocks.get(value)!;
    if (--block.alive === 0) arena.give(block.at, block.bytes);
  };

  for (const port of [...plan.inputs, ...plan.state]) allot(port.value);
  // A state's own memory is never given to anything else: its successor is copied, or computed, into it.
  const owned = new Set(plan.state.map((port) => blocks.get(port.value)!));
  for (const block of owned) block.alive++;
  const onlyOneIn = (block: Block) => block.alive === (owned.has(block) ? 2 : 1);
  const gathered: Block = { at: arena.take(aligned(sums.size)), bytes: 0, alive: Number.POSITIVE_INFINITY };
  let scratchFloats = 0;
  plan.calls.forEach((call, index) => {
    const { wasm }: Primitive = primitives.get(call.primitive)!;
    const shapes = call.inputs.map((value) => plan.values[value]!.shape);
    scratchFloats = Math.max(scratchFloats, wasm.scratchFloats?.(shapes, call.attributes) ?? 0);
    const dying = new Set(dies[index]);
    if (wasm.views) viewInto(call.inputs[0]!, call.outputs);
    else
      call.outputs.forEach((value, i) => {
        const summed = sums.inside.get(value);
        const source = call.inputs[wasm.inPlace?.[i] ?? -1];
        const block = source === undefined ? undefined : blocks.get(source);
        if (summed !== undefined) place(value, gathered, 4 * summed);
        else if (source !== undefined && block && dying.has(source) && onlyOneIn(block) && at.get(source) === block.at)
          place(value, block);
        else allot(value);
      });
    for (const value of dying) release(value);
  });
  const scratch = arena.end;
  return { at, sums: gathered.at, scratch, bytes: scratch + 4 * scratchFloats };
};
