import type { StreamBatch } from '@pathfold/works/what-and-how/exact-stream';

/** The course of one segment, batch by batch. */
export interface Trace {
  readonly losses: readonly number[];
  readonly seen: readonly Pick<StreamBatch, 'task' | 'since'>[];
  /** Inferred contexts, and the batches that they were inferred for. */
  readonly contexts: readonly { readonly at: number; readonly logits: Float32Array }[];
}

/** Scores count from this part of the stream on: by then each task was met. */
const FROM = 0.25;
/** A task is remembered when it was away for so many batches. */
const AWAY = 500;
/** Batches whose mean says how well a task was done. */
const WINDOW = 10;
const NEAR = 1.1;

export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
};

/** Median loss of the batches that are number `first` to `last` after a switch, from 1. */
export function lossAfterSwitch(traces: readonly Trace[], first: number, last = first): number {
  const losses = traces.flatMap(({ losses, seen }) =>
    losses.filter((_, at) => at >= FROM * losses.length && seen[at]!.since + 1 >= first && seen[at]!.since + 1 <= last),
  );
  return median(losses);
}

/** Visits of each task: batches [from, to). */
function visitsOf({ seen }: Trace): { readonly task: number; readonly from: number; readonly to: number }[] {
  const starts = seen.flatMap(({ since }, at) => (since === 0 ? [at] : []));
  return starts.map((from, i) => ({ task: seen[from]!.task, from, to: starts[i + 1] ?? seen.length }));
}

/** Median number of batches until a task that was long away is done within 10 % of its best time before; a visit's length where it never is. */
export function stepsToRemember(traces: readonly Trace[]): number {
  const steps: number[] = [];
  for (const trace of traces) {
    const best = new Map<number, { readonly loss: number; readonly until: number }>();
    for (const { task, from, to } of visitsOf(trace)) {
      const before = best.get(task);
      if (before && from - before.until >= AWAY) {
        const at = trace.losses.slice(from, to).findIndex((loss) => loss <= NEAR * before.loss);
        steps.push(at < 0 ? to - from : at + 1);
      }
      let least = before?.loss ?? Number.POSITIVE_INFINITY;
      for (let end = from + WINDOW; end <= to; end++)
        least = Math.min(least, trace.losses.slice(end - WINDOW, end).reduce((sum, loss) => sum + loss, 0) / WINDOW);
      best.set(task, { loss: least, until: to });
    }
  }
  return steps.length > 0 ? median(steps) : Number.NaN;
}

/** Share of contexts whose nearest neighbour, among all others or those of other visits alone, belongs to the same task. */
export function neighbourAccuracy(traces: readonly Trace[], among: 'all' | 'other visits'): number {
  const points = traces.flatMap((trace, segment) =>
    trace.contexts
      .filter(({ at }) => at >= trace.losses.length / 2 && trace.seen[at]!.since >= 2)
      .map(({ at, logits }) => ({
        logits,
        task: trace.seen[at]!.task,
        visit: `${segment} ${at - trace.seen[at]!.since}`,
      })),
  );
  let hits = 0;
  let asked = 0;
  for (const point of points) {
    let [nearest, least] = [-1, Number.POSITIVE_INFINITY];
    for (const other of points) {
      if (other === point || (among === 'other visits' && other.visit === point.visit)) continue;
      let distance = 0;
      for (let i = 0; i < point.logits.length; i++) distance += (point.logits[i]! - other.logits[i]!) ** 2;
      if (distance < least) [nearest, least] = [other.task, distance];
    }
    if (nearest < 0) continue;
    asked++;
    if (nearest === point.task) hits++;
  }
  return asked > 0 ? hits / asked : Number.NaN;
}
