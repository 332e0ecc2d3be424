import { Worker } from 'node:worker_threads';
import type { ComputeWorker, FromCompute } from './compute-words.ts';

/** Starts the compute worker as a thread of this Node process. */
export function spawnNodeCompute(): ComputeWorker {
  const worker = new Worker(new URL('./node-worker.mjs', import.meta.url));
  let ended = false;
  let crashed: (detail: string) => void = () => {};
  const end = (detail: string) => {
    if (ended) return;
    ended = true;
    crashed(detail);
  };
  worker.on('error', (error) => end(String(error)));
  worker.on('exit', (code) => end(`The worker ended with code ${code}.`));
  return {
    post: (message, transfer) => worker.postMessage(message, [...(transfer ?? [])]),
    listen: (listener) => worker.on('message', (message: FromCompute) => listener(message)),
    onCrash(listener) {
      crashed = listener;
    },
    terminate() {
      ended = true;
      void worker.terminate();
    },
  };
}
