import type { StartedWorker, WorkerPort } from './port.ts';

/** A worker that a page has started: the bundler wants its `new Worker` where its file is named. */
export const startedThread = <Out, In>(worker: Worker): StartedWorker<Out, In> => ({
  post: (message, transfer) => worker.postMessage(message, [...(transfer ?? [])]),
  listen: (listener) => worker.addEventListener('message', (event: MessageEvent<In>) => listener(event.data)),
  onCrash: (listener) =>
    worker.addEventListener('error', (event) => {
      worker.terminate();
      listener(event.message || 'The worker could not be loaded.');
    }),
  terminate: () => worker.terminate(),
});

/** The channel of the worker that runs this, to the page. */
export const ownPort = <Out, In>(): WorkerPort<Out, In> => ({
  post: (message, transfer) => postMessage(message, { transfer: [...(transfer ?? [])] }),
  listen: (listener) => addEventListener('message', (event: MessageEvent<In>) => listener(event.data)),
});
