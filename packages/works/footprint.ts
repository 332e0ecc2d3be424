import type { RunFacts } from '@pathfold/coordination/work-plan';
import type { ModelSpec, RunSpec } from '@pathfold/protocol/run-spec';

/**
 * Bytes of memory that work with the net takes, by formulas of shapes: as much as the executors plan, on the CPU with one
 * thread or on a GPU, whichever is more (memory.test.ts). What a device says of its memory is compared with that.
 */

const FLOAT_BYTES = 4;
/** Floats that are there whatever the net; and for each token of the vocabulary what matrix products on the CPU lay out anew. */
const LEAST_FLOATS = 250_000;
const PACKED_FLOATS = 256;
/** Sequences that are scored at once (training/forward.ts). */
const SCORED_AT_ONCE = 8;
/** A token stream as it came, and as ids. */
const COPIES = 2;
/** Memory for each of its bytes (two a token) when it is scored: ids, targets and nats in windows that overlap by half, and sums. */
const BYTES_A_SCORED_BYTE = 16;

type Shape = Pick<RunSpec, 'model'>;

const leastFloats = ({ vocabulary }: ModelSpec): number => LEAST_FLOATS + PACKED_FLOATS * vocabulary;

/** Floats that one token leaves behind for the gradient: of its blocks, and logits with their gradient. */
function tokenFloats({ blocks, width, vocabulary }: ModelSpec, recompute: boolean): number {
  const kept = recompute ? 8 * width * blocks + 16 * width : 16 * width * blocks;
  return kept + 2 * vocabulary;
}

/**
 * Training a path on a shard of so many bytes. The CPU sums gradients in a tree of copies and takes one sequence at a time,
 * a GPU the whole batch.
 */
export function trainingBytes(
  { model, inner }: Shape & Pick<RunSpec, 'inner'>,
  parameters: number,
  textBytes: number,
): number {
  const sequence = model.context * tokenFloats(model, inner.recompute === true);
  const floats = Math.max(15 * parameters + sequence, 5 * parameters + inner.batch * sequence);
  return FLOAT_BYTES * (leastFloats(model) + floats) + COPIES * textBytes;
}

/** Training any path of a run, on the largest shard. */
export const trainingBytesOf = (run: RunFacts): number => {
  let shard = 0;
  for (const id in run.paths) shard = Math.max(shard, run.paths[id]!.shard?.bytes ?? 0);
  return trainingBytes(run.spec, pathParameters(run), shard);
};

/** Running a path without a gradient over texts of so many bytes: its parameters in four places, and the layer at work. */
export function scoringBytes({ model }: Shape, parameters: number, textBytes: number): number {
  const layer = SCORED_AT_ONCE * model.context * (model.vocabulary + 6 * model.width);
  return FLOAT_BYTES * (leastFloats(model) + 4 * parameters + layer) + (COPIES + BYTES_A_SCORED_BYTE) * textBytes;
}

/** Answering prompts with a path: its modules as they come, as a graph and in the session; and what was said, in the caches of some tokens. */
export function answeringBytes({ model }: Shape, parameters: number): number {
  const { blocks, width, context } = model;
  return FLOAT_BYTES * (leastFloats(model) + 7 * parameters + 16 * blocks * width * context);
}

/** Parameters of a path: all paths of a run have as many, and so has its base. */
export function pathParameters({ paths, modules }: RunFacts): number {
  for (const id in paths) return paths[id]!.modules.reduce((sum, name) => sum + modules[name]!.parameterCount, 0);
  return 0;
}
