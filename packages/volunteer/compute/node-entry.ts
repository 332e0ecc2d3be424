import { nodeWorkers } from '@pathfold/tensors/executors/wasm/node-workers';
import { systemClock } from '@pathfold/training/clock';
import { ownPort } from '../threads/node.ts';
import { runOf } from '../works.ts';
import { openDevice } from './device.ts';
import { nodeMemory } from './node-memory.ts';
import { serveCompute } from './worker.ts';

serveCompute(ownPort(), runOf, openDevice({ workers: nodeWorkers(), memoryBytes: nodeMemory() }), systemClock);
