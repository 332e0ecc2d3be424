import { parentPort } from 'node:worker_threads';
import { nodeWorkers } from '@pathfold/tensors/executors/wasm/node-workers';
import { type Question, serveArms } from './serve-arms.ts';

const port = parentPort;
if (!port) throw new Error('dawn-worker.ts runs as a worker thread only');
const answer = serveArms(nodeWorkers());
port.on('message', async (question: Question) => port.postMessage(await answer(question)));
port.postMessage('ready');
