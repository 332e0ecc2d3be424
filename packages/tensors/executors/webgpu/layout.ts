import { liveness } from '../../plan/liveness.ts';
import { sizeOf } from '../../plan/types.ts';
import { primitives } from '../../primitives/list.ts';
import { readers } from './fuse.ts';
import type { FusedPlan, Step } from './fused-plan.ts';

/** Where everything lies. */
export interface Layout {
  /** By value id: a buffer, and the first element in it. */
  readonly at: ReadonlyMap<number, { readonly buffer: number; readonly at: number }>;
  /** Elements of each buffer. */
  readonly buffers: readonly number[];
  /** Floats that the hungriest call needs to work with. */
  readonly scratch: number;
}

/** Bytes of all buffers; what calls share, such as tables, and what is read back come on top. */
export const layoutBytes = ({ buffers, scratch }: Layout): number =>
  4 * (buffers.reduce((sum, elements) => sum + elements, 0) + scratch);

/** A buffer in use, and how many values live in it. */
interface Block {
  readonly buffer: number;
  alive: number;
}

/** Buffers that are used again: the smallest free one that is large enough, or the largest free one, made larger. */
class Pool {
  readonly sizes: number[] = [];
  readonly #free = new Set<number>();

  take(elements: number): number {
    const bySize = [...this.#free].sort((a, b) => this.sizes[a]! - this.sizes[b]!);
    const buffer = bySize.find((free) => this.sizes[free]! >= elements) ?? bySize.at(-1) ?? this.sizes.length;
    this.#free.delete(buffer);
    this.sizes[buffer] = Math.max(this.sizes[buffer] ?? 0, elements);
    return buffer;
  }

  give(buffer: number): void {
    this.#free.add(buffer);
  }
}

/** Plans the buffers of a plan once. Each is used again as soon as the last value in it is dead. */
export const layOut = (plan: FusedPlan): Layout => {
  const { dies } = liveness(plan);
  const pool = new Pool();
  const blocks = new Map<number, Block>();
  const at = new Map<number, { buffer: number; at: number }>();
  const size = (value: number) => sizeOf(plan.values[value]!.shape);
  const joined = joinedValues(plan);

  const place = (value: number, block: Block, distance: number) => {
    block.alive++;
    blocks.set(value, block);
    at.set(value, { buffer: block.buffer, at: distance });
  };
  const allot = (value: number): void => {
    const whole = joined.get(value);
    if (whole) {
      if (!blocks.has(whole.value)) allot(whole.value);
      place(value, blocks.get(whole.value)!, whole.at);
    } else if (!blocks.has(value)) place(value, { buffer: pool.take(size(value)), alive: 0 }, 0);
  };
  const viewInto = (whole: number, values: readonly number[]) => {
    let distance = at.get(whole)!.at;
    for (const value of values) {
      place(value, blocks.get(whole)!, distance);
      distance += size(value);
    }
  };
  const release = (value: number) => {
    const block = blocks.get(value)!;
    if (--block.alive === 0) pool.give(block.buffer);
  };

  for (const port of [...plan.inputs, ...plan.state]) allot(port.value);
  // A state's own buffer is never given to anything else: its successor is copied, or computed, into it.
  const owned = new Set(plan.state.map((port) => blocks.get(port.value)!));
  for (const block of owned) block.alive++;
  const aloneIn = (value: number): boolean => {
    const block = blocks.get(value)!;
    return block.alive === (owned.has(block) ? 2 : 1) && at.get(value)!.at === 0;
  };
  /** The dying input that an output may replace. */
  const replaced = ({ primitive, inputs, hasAddend }: Step, output: number, dying: ReadonlySet<number>) => {
    const { inPlace, takesAddend } = primitives.get(primitive)!.wgsl;
    const candidates = [
      inputs[inPlace?.[output] ?? -1],
      hasAddend && takesAddend === output ? inputs.at(-1) : undefined,
    ];
    return candidates.find(
      (value) =>
        value !== undefined &&
        dying.has(value) &&
        inputs.filter((input) => input === value).length === 1 &&
        aloneIn(value),
    );
  };
  let scratch = 0;
  plan.calls.forEach((step, index) => {
    const { wgsl } = primitives.get(step.primitive)!;
    const shapes = step.inputs.map((value) => plan.values[value]!.shape);
    scratch = Math.max(scratch, wgsl.scratchFloats?.(shapes, step.attributes) ?? 0);
    const dying = new Set(dies[index]);
    if (wgsl.views) viewInto(step.inputs[0]!, step.outputs);
    else
      step.outputs.forEach((value, output) => {
        const source = joined.has(value) ? undefined : replaced(step, output, dying);
        if (source === undefined) allot(value);
        else place(value, blocks.get(source)!, 0);
      });
    for (const value of dying) release(value);
  });
  return { at, buffers: pool.sizes, scratch };
};

/** Values that only a joining call reads: they are made in its output, at their place there. */
const joinedValues = (plan: FusedPlan): ReadonlyMap<number, { value: number; at: number }> => {
  const reads = readers(plan);
  const makers = new Map(plan.calls.flatMap((step) => step.outputs.map((value) => [value, step])));
  const joined = new Map<number, { value: number; at: number }>();
  for (const step of plan.calls) {
    if (!primitives.get(step.primitive)!.wgsl.joins) continue;
    let distance = 0;
    for (const value of step.inputs) {
      const maker = makers.get(value);
      const form = maker && primitives.get(maker.primitive)!.wgsl;
      if (form && !form.views && !form.joins && reads.get(value) === 1)
        joined.set(value, { value: step.outputs[0]!, at: distance });
      distance += sizeOf(plan.values[value]!.shape);
    }
  }
  return joined;
};
