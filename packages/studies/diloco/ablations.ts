import { bytesOf, floatsOf } from '@pathfold/checkpoint/layout';
import { loadPath, type PathShape, pathShape, splitPath } from '@pathfold/checkpoint/path';
import type { Moments } from '@pathfold/optim/inner/adamw';
import { trainRun } from '@pathfold/works/train/run';
import { decodeMoments, encodeMoments } from '@pathfold/works/train/run-moments';
import { TrainTask } from '@pathfold/works/train/task';
import type { WorkRun } from '@pathfold/works/work-run';

/** What volunteers do in the study and not in the product. */

/**
 * DiLoCo section 4, "asynchronous communication": a volunteer whose outer gradient was lost does not start its next
 * round from theta(t) but goes on from its own theta_i, with its own moments; what it then sends is theta(t) minus
 * where it ends.
 */
export class OwnStart {
  /** Where a volunteer whose contribution was lost stands. */
  readonly #own = new Map<string, { readonly theta: Float32Array; readonly kept: Uint8Array }>();
  /** Where those who compute ended, until it is known whether their contribution arrives. */
  readonly #ends = new Map<string, { readonly theta: Float32Array; readonly kept: Uint8Array }>();

  settle(volunteer: string, isLost: boolean): void {
    const end = this.#ends.get(volunteer);
    if (isLost && end) this.#own.set(volunteer, end);
    else this.#own.delete(volunteer);
  }

  runOf(volunteer: string): WorkRun {
    return {
      name: trainRun.name,
      execute: async (body, ports) => {
        const { modules, model, levels, path, embedding } = TrainTask.parse(body);
        const theta = await loadPath(modules, ports.blob);
        const own = this.#own.get(volunteer);
        const start = own?.theta ?? theta;
        const parts = splitPath(start, pathShape(model, levels, path, embedding));
        const places = new Map(parts.map((part, i) => [modules[i]!.sha256, part]));
        const result = await trainRun.execute(body, {
          ...ports,
          blob: async (ref) => {
            const part = places.get(ref.sha256);
            return part ? bytesOf(part).slice() : ports.blob(ref);
          },
          kept: async (name) => own?.kept ?? ports.kept(name),
        });
        const end = floatsOf(result.payload).map((delta, i) => start[i]! - delta);
        this.#ends.set(volunteer, { theta: end, kept: result.keep!.bytes });
        return { ...result, payload: bytesOf(theta.map((value, i) => value - end[i]!)) };
      },
    };
  }
}

/**
 * An outer gradient without the smallest of its values: in each neuron (a column of a matrix [in, out], a row of the
 * embedding, a whole vector of gains) that share of them becomes 0 (DiLoCo section 4, after TIES).
 */
export function prune(delta: Float32Array, { modules }: PathShape, share: number): Float32Array {
  const pruned = delta.slice();
  let offset = 0;
  for (const { name, shape } of modules.flatMap(({ tensors }) => tensors)) {
    const [rows, columns] = shape.length === 2 ? (shape as [number, number]) : [1, shape[0]!];
    const byRow = shape.length < 2 || name === 'tokens';
    const [neurons, values] = byRow ? [rows, columns] : [columns, rows];
    const left = Math.round(share * values);
    const sizes = new Float32Array(values);
    for (let neuron = 0; left > 0 && neuron < neurons; neuron++) {
      const at = (i: number) => offset + (byRow ? neuron * columns + i : i * columns + neuron);
      for (let i = 0; i < values; i++) sizes[i] = Math.abs(delta[at(i)]!);
      const largest = sizes.slice().sort()[left - 1]!;
      for (let i = 0; i < values; i++) if (sizes[i]! <= largest) pruned[at(i)] = 0;
    }
    offset += rows * columns;
  }
  return pruned;
}

/** The product's training, whose outer gradients are changed before they are sent. */
export const sending = (change: (delta: Float32Array) => Float32Array): WorkRun => ({
  name: trainRun.name,
  async execute(body, ports) {
    const result = await trainRun.execute(body, ports);
    return { ...result, payload: bytesOf(change(floatsOf(result.payload))) };
  },
});

/** The same moments for everybody, good from the first version on: the mean of theirs. `states`: as volunteers keep them. */
export function averageMoments(states: readonly Uint8Array[], parameterCount: number): Uint8Array {
  const moments = states.map((bytes) => decodeMoments(bytes, parameterCount, Number.POSITIVE_INFINITY)!);
  const mean = (which: 'm' | 'v') =>
    Float32Array.from({ length: parameterCount }, (_, i) => {
      let sum = 0;
      for (const each of moments) sum += each[which][i]!;
      return sum / moments.length;
    });
  const steps = Math.max(...moments.map((each: Moments) => each.steps));
  return encodeMoments({ m: mean('m'), v: mean('v'), steps }, 0);
}
