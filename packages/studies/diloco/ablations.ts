import { bytesOf } from '@pathfold/checkpoint/layout';
import { loadPath, type PathShape, pathShape, splitPath } from '@pathfold/checkpoint/path';
import type { Moments } from '@pathfold/optim/inner/adamw';
import { trainingRun, trainRun } from '@pathfold/works/train/run';
import { decodeCarried, encodeCarried } from '@pathfold/works/train/run-carried';
import { TrainTask } from '@pathfold/works/train/task';
import type { WorkRun } from '@pathfold/works/work-run';

/** Behaviour of volunteers in the study and not in the product. */

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
        let end: Float32Array | null = null;
        const run = trainingRun((delta) => {
          const reached = delta.map((value, i) => start[i]! - value);
          end = reached;
          return theta.map((value, i) => value - reached[i]!);
        });
        const result = await run.execute(body, {
          ...ports,
          blob: async (ref) => {
            const part = places.get(ref.sha256);
            return part ? bytesOf(part).slice() : ports.blob(ref);
          },
          kept: async (name) => own?.kept ?? ports.kept(name),
        });
        this.#ends.set(volunteer, { theta: end!, kept: result.keep!.bytes });
        return result;
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

/** The same moments for everybody, good from the first version on: the mean of theirs. `states`: as volunteers keep them. */
export function averageMoments(states: readonly Uint8Array[], parameterCount: number): Uint8Array {
  const moments = states.map((bytes) => decodeCarried(bytes, parameterCount, 0, Number.POSITIVE_INFINITY)!.moments);
  const mean = (which: 'm' | 'v') =>
    Float32Array.from({ length: parameterCount }, (_, i) => {
      let sum = 0;
      for (const each of moments) sum += each[which][i]!;
      return sum / moments.length;
    });
  const steps = Math.max(...moments.map((each: Moments) => each.steps));
  return encodeCarried({ moments: { m: mean('m'), v: mean('v'), steps }, codecState: new Float32Array(0) }, 0);
}
