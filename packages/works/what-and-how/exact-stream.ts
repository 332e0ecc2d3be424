import { seedFor } from '@pathfold/nets/random';
import { uniform } from '../exact/random.ts';
import { drawPoints, drawSinusoid, type Points } from '../exact/sinusoid.ts';
import type { StreamSpec } from './task.ts';

export interface StreamBatch extends Points {
  /** Which task it is, and how many batches of it went before since the switch: for scores and the oracle alone. */
  readonly task: number;
  readonly since: number;
}

/** The sinusoid of a task. */
export const curveOf = (seed: number, task: number): ((input: number) => number) =>
  drawSinusoid(uniform(seedFor(seed, `task ${task}`)), 0.5);

/**
 * An endless stream of batches from sinusoids with A in [0.5, 5], phase in [0, pi], x in [-5, 5]. Any batch can be
 * drawn alone, so that a lost part is replayed from its cursor. Segments meet the same tasks in orders of their own.
 */
export function streamOf({ tasks, stay }: StreamSpec, seed: number, segment: number): (at: number) => StreamBatch {
  const curves = Array.from({ length: tasks }, (_, task) => curveOf(seed, task));
  const next = uniform(seedFor(seed, `switches of ${segment}`));
  const visits: { readonly from: number; readonly to: number; readonly task: number }[] = [];
  const visitAt = (at: number) => {
    for (let last = visits.at(-1); !last || last.to <= at; last = visits.at(-1)) {
      const from = last?.to ?? 0;
      const drawn = Math.floor(next() * (last && tasks > 1 ? tasks - 1 : tasks));
      const task = last && tasks > 1 && drawn >= last.task ? drawn + 1 : drawn;
      visits.push({ from, to: from + Math.ceil(stay * (0.5 + next())), task });
    }
    return visits.findLast(({ from }) => from <= at)!;
  };
  return (at) => {
    const { from, task } = visitAt(at);
    const points = drawPoints(uniform(seedFor(seed, `batch ${at} of ${segment}`)), curves[task]!);
    return { ...points, task, since: at - from };
  };
}
