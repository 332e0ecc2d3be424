import { Net } from '../exact/net.ts';
import { mainDirections } from '../exact/principal.ts';
import { answersAt } from '../exact/sinusoid.ts';
import { SHAPE, sigmoid } from './exact-learner.ts';
import { curveOf, streamOf } from './exact-stream.ts';
import { CONTEXT_EVERY, type PartResult } from './exact-work.ts';
import type { WhatAndHowTask } from './task.ts';

/** Of the end of a part so many batches are told one by one, and so many contexts; of each task so many gates. */
const [BATCHES, CONTEXTS, GATES] = [200, 60, 24];
/** Where the sinusoid is looked at. */
const INPUTS = Array.from({ length: 41 }, (_, i) => -5 + i / 4);
const DIGITS = 4;

/**
 * What there is to see of a part, as figures: `batch N` the loss of batch N; `switch N` where another task began;
 * `context I x`, `y` and `task` the last contexts along the two directions in which they differ most, and the task
 * that the learner was not told; `target X` the sinusoid of the newest task at X, `answer X` what the net says there with
 * the gates of that task; `gate T G` gate G with task T.
 */
export function seenOf(task: WhatAndHowTask, result: PartResult): Record<string, number> {
  const { stream, seed, segment, from, to } = task;
  const batchAt = streamOf(stream, seed, segment);
  const figures: Record<string, number> = {};
  for (let at = Math.max(from, to - BATCHES); at < to; at++) {
    figures[`batch ${at}`] = result.losses[at - from]!;
    if (batchAt(at).since === 0) figures[`switch ${at}`] = 1;
  }
  const contexts = contextsOf(task, result);
  const shown = contexts.slice(-CONTEXTS);
  const axes = mainDirections(shown.map(({ logits }) => logits));
  shown.forEach((context, i) => {
    figures[`context ${i} x`] = axes[0]![i]!;
    figures[`context ${i} y`] = axes[1]![i]!;
    figures[`context ${i} task`] = context.task;
  });
  return { ...figures, ...sinusoidOf(task, result, contexts.at(-1)), ...gatesOf(contexts) };
}

interface Context {
  readonly task: number;
  /** Batches since the switch: at the first, the context is that of the task before. */
  readonly since: number;
  readonly logits: Float32Array;
  readonly gates: Float32Array;
}

/** Contexts inferred on the way, every CONTEXT_EVERY batches; nothing for arms that infer nothing. */
function contextsOf({ learner, stream, seed, segment, from }: WhatAndHowTask, { traced }: PartResult): Context[] {
  if (learner.method !== 'context') return [];
  const batchAt = streamOf(stream, seed, segment);
  const first = Math.ceil((from + 1) / CONTEXT_EVERY) * CONTEXT_EVERY - 1;
  return Array.from({ length: traced.length / SHAPE.gateCount }, (_, i) => {
    const { task, since } = batchAt(first + i * CONTEXT_EVERY);
    return { task, since, logits: rowOf(traced, i), gates: gatesIn(traced, i) };
  });
}

/** One row of [rows, gateCount]. */
const rowOf = (rows: Float32Array, row: number): Float32Array =>
  rows.subarray(row * SHAPE.gateCount, (row + 1) * SHAPE.gateCount);
const gatesIn = (logits: Float32Array, row: number): Float32Array => rowOf(logits, row).map(sigmoid);

/** Nothing for arms that answer by weights that they step on each batch: the state does not hold those. */
function sinusoidOf(
  { learner: { method }, stream, seed, segment, to }: WhatAndHowTask,
  { theta, contexts }: PartResult,
  newest: Context | undefined,
): Record<string, number> {
  if (method === 'adapt' || method === 'maml' || (method === 'context' && !newest)) return {};
  const task = newest?.task ?? streamOf(stream, seed, segment)(to - 1).task;
  const net = new Net(SHAPE);
  net.weights.set(theta);
  if (newest) net.gates.set(newest.gates);
  if (method === 'oracle') net.gates.set(gatesIn(contexts, task));
  const target = curveOf(seed, task);
  const answers = answersAt(net, INPUTS);
  return Object.fromEntries(
    INPUTS.flatMap((input, i) => [
      [`target ${input}`, short(target(input))],
      [`answer ${input}`, short(answers[i]!)],
    ]),
  );
}

/** Means over the contexts of each task, of those gates that differ most between tasks. */
function gatesOf(contexts: readonly Context[]): Record<string, number> {
  const byTask = new Map<number, Float32Array[]>();
  for (const { task, since, gates } of contexts) if (since > 0) byTask.set(task, [...(byTask.get(task) ?? []), gates]);
  const means = [...byTask]
    .sort(([a], [b]) => a - b)
    .map(([task, all]) => ({
      task,
      gates: Array.from({ length: SHAPE.gateCount }, (_, g) => mean(all.map((one) => one[g]!))),
    }));
  const spreads = Array.from({ length: SHAPE.gateCount }, (_, g) => {
    const values = means.map(({ gates }) => gates[g]!);
    return { g, spread: Math.max(...values) - Math.min(...values) };
  });
  const shown = spreads
    .sort((a, b) => b.spread - a.spread || a.g - b.g)
    .slice(0, GATES)
    .sort((a, b) => a.g - b.g);
  return Object.fromEntries(
    means.flatMap(({ task, gates }) => shown.map(({ g }) => [`gate ${task} ${g}`, short(gates[g]!)])),
  );
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const short = (value: number): number => Number(value.toPrecision(DIGITS));
