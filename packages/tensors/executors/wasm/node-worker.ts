import { parentPort } from 'node:worker_threads';
import { serveWorker } from './serve-worker.ts';

/** Entry of a worker in Node. */
const port = parentPort;
if (!port) throw new Error('node-worker.ts runs as a worker thread only');
port.on(
  'message',
  serveWorker((message) => port.postMessage(message)),
);
