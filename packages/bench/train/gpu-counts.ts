/** What one training step does to a GPU. */
export interface GpuCounts {
  readonly dispatches: number;
  readonly submits: number;
  /** JavaScript, from the beginning of a step until its last submission. */
  readonly javascriptMilliseconds: number;
}

/** Runs `count` steps one after another and answers the means of a step. */
export const countedSteps = async (step: () => Promise<unknown>, count: number): Promise<GpuCounts> => {
  let [dispatches, submits, javascript] = [0, 0, 0];
  let [started, submitted] = [0, 0];
  const restore = [
    watch(GPUComputePassEncoder.prototype, 'dispatchWorkgroups', () => dispatches++),
    watch(GPUQueue.prototype, 'submit', () => {
      submits++;
      submitted = performance.now();
    }),
  ];
  try {
    for (let i = 0; i < count; i++) {
      started = performance.now();
      await step();
      javascript += submitted - started;
    }
  } finally {
    for (const each of restore) each();
  }
  return {
    dispatches: dispatches / count,
    submits: submits / count,
    javascriptMilliseconds: javascript / count,
  };
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
