import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { threadsFor } from './chunks.ts';
import type { FromWorker, PoolWorker, WorkerHost } from './worker-messages.ts';

/** Workers as threads of this Node process. */
export const nodeWorkers = (threads = threadsFor(availableParallelism())): WorkerHost => ({ threads, spawn });

const spawn = (): PoolWorker => {
  const worker = new Worker(new URL('./node-worker.mjs', import.meta.url));
  let told = false;
  let crashed: (detail: string) => void = () => {};
  const end = (detail: string) => {
    if (told) return;
    told = true;
    crashed(detail);
  };
  worker.on('error', (error) => end(String(error)));
  worker.on('exit', (code) => end(`it ended with code ${code}`));
  return {
    post: (message) => worker.postMessage(message),
    listen: (listener) => worker.on('message', (message: FromWorker) => listener(message)),
    onCrash(listener) {
      crashed = listener;
    },
    hold: (held) => (held ? worker.ref() : worker.unref()),
    terminate() {
      told = true;
      void worker.terminate();
    },
  };
};
