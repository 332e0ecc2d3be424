/** The GPU calls of one training step. */
export interface GpuCounts {
  readonly dispatches: number;
  readonly submits: number;
  /** JavaScript from the beginning of a step to its last submission: CPU time where it is known, else by the clock. */
  readonly javascriptMilliseconds: number;
}

/** Set at the beginning of each step, and after each submission. */
const BEGIN = 'step begins';
const SUBMITTED = 'step submitted';

/** Runs `count` steps one after another and answers the means of a step. */
export const countedSteps = async (step: () => Promise<unknown>, count: number): Promise<GpuCounts> => {
  let [dispatches, submits, javascript] = [0, 0, 0];
  let [started, submitted] = [0, 0];
  const restore = [
    watch(GPUComputePassEncoder.prototype, 'dispatchWorkgroups', () => dispatches++),
    watch(GPUQueue.prototype, 'submit', () => {
      submits++;
      submitted = performance.now();
      performance.mark(SUBMITTED);
    }),
  ];
  try {
    for (let i = 0; i < count; i++) {
      started = performance.now();
      performance.mark(BEGIN);
      await step();
      javascript += submitted - started;
    }
  } finally {
    for (const each of restore) each();
    performance.clearMarks();
  }
  return {
    dispatches: dispatches / count,
    submits: submits / count,
    javascriptMilliseconds: javascript / count,
  };
};

/** A mark in a trace of Chromium. */
export interface TracedMark {
  readonly name: string;
  readonly ph: string;
  /** The thread's CPU time, microseconds. */
  readonly tts?: number;
}

/**
 * The mean JavaScript of a step by a trace of `countedSteps`, in CPU time of its thread: where a GPU is emulated, its
 * threads take the cores, and the time of day would count how long ours waits for one.
 */
export const tracedMilliseconds = (events: readonly TracedMark[]): number => {
  const marks = events.filter(({ name, ph }) => ph === 'I' && (name === BEGIN || name === SUBMITTED));
  const times = marks.map(({ name, tts }) => ({ begins: name === BEGIN, at: tts! })).sort((a, b) => a.at - b.at);
  const javascript = times.reduce((sum, { begins, at }, i) => sum + (begins ? 0 : at - times[i - 1]!.at), 0);
  return javascript / 1000 / times.filter(({ begins }) => begins).length;
};

/** Calls `then` after each call of a method, until what this answers is called. */
const watch = <T extends object>(prototype: T, method: keyof T, then: () => void): (() => void) => {
  const original = prototype[method] as (...args: unknown[]) => unknown;
  prototype[method] = function (this: T, ...args: unknown[]) {
    const result = original.apply(this, args);
    then();
    return result;
  } as T[keyof T];
  return () => {
    prototype[method] = original as T[keyof T];
  };
};
