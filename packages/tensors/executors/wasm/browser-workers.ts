import { threadsFor } from './chunks.ts';
import type { FromWorker, PoolWorker, WorkerHost } from './worker-messages.ts';

/** Workers as workers of this page or worker. */
export const browserWorkers = (): WorkerHost => ({ threads: threadsFor(navigator.hardwareConcurrency), spawn });

const spawn = (): PoolWorker => {
  const worker = new Worker(new URL('./browser-worker.ts', import.meta.url), { type: 'module', name: 'worker' });
  return {
    post: (message) => worker.postMessage(message),
    listen: (listener) => worker.addEventListener('message', (event: MessageEvent<FromWorker>) => listener(event.data)),
    onCrash: (listener) =>
      worker.addEventListener('error', (event) => listener(event.message || 'it could not be loaded')),
    hold() {},
    terminate: () => worker.terminate(),
  };
};
