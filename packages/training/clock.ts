/** Time as an input, so that tests can turn it. */
export interface Clock {
  /** Milliseconds from some fixed moment. */
  now(): number;
  /** Waits; with 0 it only lets other tasks of the thread run. Ends early when the signal aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

const nextTask = (): Promise<void> =>
  new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });

export const systemClock: Clock = {
  now: () => performance.now(),
  sleep: (ms, signal) =>
    ms <= 0
      ? nextTask()
      : new Promise((resolve) => {
          const finish = () => {
            clearTimeout(timer);
            signal?.removeEventListener('abort', finish);
            resolve();
          };
          const timer = setTimeout(finish, ms);
          signal?.addEventListener('abort', finish);
          if (signal?.aborted) finish();
        }),
};
