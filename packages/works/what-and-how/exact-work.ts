import { packFloats, unpackFloats } from '../exact/bytes.ts';
import type { ExactPart } from '../stages/exact-part.ts';
import { firstState, Learner, type LearnerState, SHAPE } from './exact-learner.ts';
import { streamOf } from './exact-stream.ts';
import { amountOf, WhatAndHowTask } from './task.ts';

/** One of so many batches leaves its context in the trace. */
export const CONTEXT_EVERY = 10;

/** The contribution of a part: its last state, and what happened on the way. */
export interface PartResult extends LearnerState {
  /** Loss of each batch before it was learnt from. */
  readonly losses: Float32Array;
  /** [batches / CONTEXT_EVERY, gates] */
  readonly traced: Float32Array;
}

/** Floats of the state: weights, m, v and the contexts of the oracle. */
const stateLengths = ({ tasks }: WhatAndHowTask['stream']) =>
  [SHAPE.weightCount, SHAPE.weightCount, SHAPE.weightCount, tasks * SHAPE.gateCount] as const;

/** Throws RangeError when the bytes are not as many as this part leaves. */
export function readPart({ stream, from, to }: Pick<WhatAndHowTask, 'stream' | 'from' | 'to'>, bytes: Uint8Array) {
  const contexted = Math.floor(to / CONTEXT_EVERY) - Math.floor(from / CONTEXT_EVERY);
  const lengths = [...stateLengths(stream), to - from, contexted * SHAPE.gateCount] as const;
  const [theta, m, v, contexts, losses, traced] = unpackFloats(bytes, lengths);
  return { theta, m, v, contexts, losses, traced } satisfies PartResult;
}

export const whatAndHowPart: ExactPart<WhatAndHowTask> = {
  name: 'stretch',
  Task: WhatAndHowTask,
  amountOf,
  blobsOf: ({ start, shared }) => [start, shared],
  work: (task, [start = null, shared = null]) => workOf(task, start, shared),
};

/** A part, batch by batch; it returns the contribution. The same task gives the same bytes everywhere. */
export function* workOf(
  task: WhatAndHowTask,
  start: Uint8Array | null,
  shared: Uint8Array | null,
): Generator<void, Uint8Array> {
  const { learner: spec, stream, seed, segment, from, to } = task;
  const state = start ? stateIn(task, start) : firstState(spec, seed, stream.tasks);
  if (shared) state.theta.set(unpackFloats(shared, [SHAPE.weightCount])[0]);
  const learner = new Learner(spec, seed, state);
  const batchAt = streamOf(stream, seed, segment);
  const losses = new Float32Array(to - from);
  const traced: Float32Array[] = [];
  for (let at = from; at < to; at++) {
    losses[at - from] = learner.meet(batchAt(at), at > 0 ? batchAt(at - 1) : null, at);
    if ((at + 1) % CONTEXT_EVERY === 0) traced.push(learner.context.slice());
    yield;
  }
  const { theta, m, v, contexts } = state;
  return packFloats([theta, m, v, contexts, losses, ...traced]);
}

/** The state at the end of the part before, whatever its length was. */
function stateIn({ stream }: WhatAndHowTask, bytes: Uint8Array): LearnerState {
  const lengths = stateLengths(stream);
  const length = 4 * lengths.reduce((sum, one) => sum + one, 0);
  const [theta, m, v, contexts] = unpackFloats(bytes.slice(0, length), lengths);
  return { theta, m, v, contexts };
}
