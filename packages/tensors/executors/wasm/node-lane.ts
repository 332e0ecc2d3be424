import { parentPort } from 'node:worker_threads';
import { serveLanes } from './serve-lanes.ts';

/** Entry of a lane worker in Node. */
const port = parentPort;
if (!port) throw new Error('node-lane.ts runs as a worker thread only');
port.on(
  'message',
  serveLanes((message) => port.postMessage(message)),
);
