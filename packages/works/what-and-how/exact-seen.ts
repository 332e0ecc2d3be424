import { SHAPE } from './exact-learner.ts';
import { streamOf } from './exact-stream.ts';
import { CONTEXT_EVERY, type PartResult } from './exact-work.ts';
import type { WhatAndHowTask } from './task.ts';

/** Of the end of a part so many batches are told one by one, and so many contexts. */
const [BATCHES, CONTEXTS] = [200, 60];
const ROUNDS = 20;

/**
 * What there is to see of a part, as figures: `batch N` the loss of batch N; `switch N` where another task began;
 * `context I x`, `y` and `task` the last contexts along the two directions in which they differ most, and the task
 * that the learner was not told.
 */
export function seenOf(task: WhatAndHowTask, { losses, traced }: PartResult): Record<string, number> {
  const { stream, seed, segment, from, to } = task;
  const batchAt = streamOf(stream, seed, segment);
  const figures: Record<string, number> = {};
  for (let at = Math.max(from, to - BATCHES); at < to; at++) {
    figures[`batch ${at}`] = losses[at - from]!;
    if (batchAt(at).since === 0) figures[`switch ${at}`] = 1;
  }
  if (task.learner.method !== 'context') return figures;
  const { gateCount } = SHAPE;
  const count = traced.length / gateCount;
  const first = Math.ceil((from + 1) / CONTEXT_EVERY) * CONTEXT_EVERY - 1;
  const shown = Array.from({ length: Math.min(CONTEXTS, count) }, (_, i) => count - Math.min(CONTEXTS, count) + i);
  const contexts = shown.map((i) => traced.subarray(i * gateCount, (i + 1) * gateCount));
  mainDirections(contexts).forEach((places, axis) => {
    places.forEach((value, i) => {
      figures[`context ${i} ${axis === 0 ? 'x' : 'y'}`] = value;
    });
  });
  shown.forEach((place, i) => {
    figures[`context ${i} task`] = batchAt(first + place * CONTEXT_EVERY).task;
  });
  return figures;
}

/** Coordinates of vectors along the first two principal components, by power iteration. */
function mainDirections(vectors: readonly Float32Array[]): number[][] {
  if (vectors.length === 0) return [];
  const size = vectors[0]!.length;
  const mean = Float64Array.from(
    { length: size },
    (_, g) => vectors.reduce((sum, v) => sum + v[g]!, 0) / vectors.length,
  );
  let rest = vectors.map((vector) => Float64Array.from(vector, (value, g) => value - mean[g]!));
  const axes: number[][] = [];
  for (let axis = 0; axis < 2; axis++) {
    let direction = Float64Array.from({ length: size }, (_, g) => Math.sqrt(g + 1 + axis));
    for (let round = 0; round < ROUNDS; round++) {
      const next = new Float64Array(size);
      for (const vector of rest) {
        const along = dot(vector, direction);
        for (let g = 0; g < size; g++) next[g]! += along * vector[g]!;
      }
      const norm = Math.sqrt(dot(next, next)) || 1;
      direction = next.map((value) => value / norm);
    }
    axes.push(rest.map((vector) => dot(vector, direction)));
    rest = rest.map((vector) => {
      const along = dot(vector, direction);
      return vector.map((value, g) => value - along * direction[g]!);
    });
  }
  return axes;
}

const dot = (a: Float64Array, b: Float64Array): number => a.reduce((sum, value, g) => sum + value * b[g]!, 0);
