import { Worker } from 'node:worker_threads';
import type { StartedWorker } from './port.ts';

/** Starts a thread of this Node process. */
export function startThread<Out, In>(url: URL): StartedWorker<Out, In> {
  const worker = new Worker(url);
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
    listen: (listener) => worker.on('message', (message: In) => listener(message)),
    onCrash(listener) {
      crashed = listener;
    },
    terminate() {
      ended = true;
      void worker.terminate();
    },
  };
}
