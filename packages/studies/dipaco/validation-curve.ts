import { pathShape } from '@pathfold/checkpoint/path';
import { scoredPart } from '@pathfold/corpora/scoring';
import { readTokenizer } from '@pathfold/corpora/tokenizer';
import type { RunSpec } from '@pathfold/protocol/run-spec';
import { levelsOf } from '@pathfold/protocol/run-spec';
import type { Executor } from '@pathfold/tensors/executors/executor';
import { byteTokenizer } from '../byte-corpus.ts';
import { natsPerByte } from '../laboratory/score.ts';
import type { Blocks } from './blocks.ts';
import type { Curve } from './watch.ts';

/** Documents that are scored on the way: one test document in so many. */
const SAMPLE_EVERY = 16;

/** The same documents for every arm. */
export const sampleOf = <T>(test: readonly T[]): T[] => test.filter((_, document) => document % SAMPLE_EVERY === 0);

/** Parameters of a path as they are now, flat. */
export type ThetaAt = (path: string) => Promise<Float32Array>;

/** The loss in the course of a run: nats a byte of a few test documents, each by the path that it goes to at the time. */
export class ValidationCurve {
  /** By inner steps; a re-sharding has two points at one step, before and after it. */
  readonly curve: Curve;
  readonly #executor: Executor;
  readonly #spec: RunSpec;
  readonly #documents: Blocks['test'];
  /** The path of each of them, as a place in the run's paths; null before they have any. */
  #routed: readonly number[] | null = null;

  /** `base`: nats a byte of the same documents by the base. */
  constructor(executor: Executor, spec: RunSpec, test: Blocks['test'], base: number) {
    this.#executor = executor;
    this.#spec = spec;
    this.#documents = sampleOf(test);
    this.curve = [[0, base]];
  }

  /** Test documents go to these paths from now on. */
  async route(test: readonly number[], step: number, paths: readonly string[], thetaAt: ThetaAt): Promise<void> {
    if (this.#routed) await this.look(step, paths, thetaAt);
    const isResharding = this.#routed !== null;
    this.#routed = sampleOf(test);
    if (isResharding) await this.look(step, paths, thetaAt);
  }

  async look(step: number, paths: readonly string[], thetaAt: ThetaAt): Promise<void> {
    const { model, embedding, routing } = this.#spec;
    const { byteLengths } = readTokenizer(byteTokenizer());
    const routed = this.#routed ?? this.#documents.map(() => 0);
    let [nats, bytes] = [0, 0];
    for (const place of new Set(routed)) {
      const id = paths[place]!;
      const own = this.#documents.filter((_, document) => routed[document] === place).map(({ ids }) => ids);
      const size = own.reduce((sum, ids) => sum + scoredPart(ids, byteLengths, routing.prefixBytes).bytes, 0);
      const shape = pathShape(model, levelsOf(this.#spec), id, embedding);
      nats += size * (await natsPerByte(this.#executor, shape, await thetaAt(id), own, routing.prefixBytes));
      bytes += size;
    }
    this.curve.push([step, nats / bytes]);
  }
}
