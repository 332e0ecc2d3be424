import { setImmediate } from 'node:timers/promises';
import { parentPort } from 'node:worker_threads';
import { briefRun } from '../works.ts';
import { serveAnswers } from './worker.ts';

/** Entry of the thread in Node that answers prompts. */
const port = parentPort;
if (!port) throw new Error('node-entry.ts runs as a worker thread only');
serveAnswers(
  { post: (message) => port.postMessage(message), listen: (listener) => port.on('message', listener) },
  briefRun,
  {},
  { now: () => performance.now(), nextTurn: () => setImmediate() },
);
