import { parentPort, Worker } from 'node:worker_threads';
import type { StartedWorker, WorkerPort } from './port.ts';

/** Starts a thread of this Node process that runs a TypeScript file. */
export function startThread<Out, In>(file: URL): StartedWorker<Out, In> {
  const worker = new Worker(new URL('./node-entry.mjs', import.meta.url), { workerData: file.href });
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
    listen: (listener) => worker.on('message', listener),
    onCrash(listener) {
      crashed = listener;
    },
    terminate() {
      ended = true;
      void worker.terminate();
    },
  };
}

/** The channel of the thread that runs this, to the one that started it. */
export function ownPort<Out, In>(): WorkerPort<Out, In> {
  const port = parentPort;
  if (!port) throw new Error('This file runs as a worker thread only.');
  return {
    post: (message, transfer) => port.postMessage(message, [...(transfer ?? [])]),
    listen: (listener) => port.on('message', listener),
  };
}
