import type { ComputeWorker, FromCompute } from './compute-words.ts';

/** Starts the compute worker of a page. */
export function spawnBrowserCompute(): ComputeWorker {
  const worker = new Worker(new URL('./browser-worker.ts', import.meta.url), { type: 'module', name: 'compute' });
  return {
    post: (message, transfer) => worker.postMessage(message, [...(transfer ?? [])]),
    listen: (listener) =>
      worker.addEventListener('message', (event: MessageEvent<FromCompute>) => listener(event.data)),
    onCrash: (listener) =>
      worker.addEventListener('error', (event) => {
        worker.terminate();
        listener(event.message || 'The worker could not be loaded.');
      }),
    terminate: () => worker.terminate(),
  };
}
