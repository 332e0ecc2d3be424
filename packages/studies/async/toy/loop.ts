/** A worker's task: who, and the virtual second in which it is done. */
export interface Task {
  readonly worker: number;
  readonly doneAt: number;
}

interface LoopPorts {
  /** Workers begin a task from the parameters as they are now. */
  begin(workers: readonly number[]): void;
  /** Their tasks are done, in this order; nobody of them has begun another. */
  merge(tasks: readonly Task[]): Promise<void>;
}

/**
 * The server's loop as the paper prints it (core sheet 3.1): whoever is done within the grace period of the first is
 * merged before any of them begins again, and nobody knows the future but the clock. It is for the recorded virtual
 * times; runs of the product have `works/train`, whose grace period really passes. Answers the seconds in the end.
 * `tasks`: how many end it.
 */
export async function serverLoop(
  secondsATask: readonly number[],
  graceSeconds: number,
  tasks: number,
  { begin, merge }: LoopPorts,
): Promise<number> {
  const all = secondsATask.map((_, worker) => worker);
  const doneAt = [...secondsATask];
  begin(all);
  for (let now = 0, done = 0; ; ) {
    const first = Math.min(...doneAt);
    const order = all.toSorted((a, b) => doneAt[a]! - doneAt[b]! || a - b);
    const together = order.filter((worker) => doneAt[worker]! - first <= graceSeconds).slice(0, tasks - done);
    now = Math.max(now, ...together.map((worker) => doneAt[worker]!));
    await merge(together.map((worker) => ({ worker, doneAt: doneAt[worker]! })));
    done += together.length;
    if (done >= tasks) return now;
    for (const worker of together) doneAt[worker] = now + secondsATask[worker]!;
    begin(together);
  }
}
