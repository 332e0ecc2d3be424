import { parentPort } from 'node:worker_threads';
import { nodeLanes } from '@pathfold/tensors/executors/wasm/node-lanes';
import { systemClock } from '@pathfold/training/clock';
import { runOf } from '../works.ts';
import { openDevice } from './device.ts';
import { nodeMemory } from './node-memory.ts';
import { serveCompute } from './worker.ts';

/** Entry of the compute worker in Node. */
const port = parentPort;
if (!port) throw new Error('node-entry.ts runs as a worker thread only');
serveCompute(
  {
    post: (message, transfer) => port.postMessage(message, [...(transfer ?? [])]),
    listen: (listener) => port.on('message', listener),
  },
  runOf,
  openDevice({ lanes: nodeLanes(), memoryBytes: nodeMemory() }),
  systemClock,
);
