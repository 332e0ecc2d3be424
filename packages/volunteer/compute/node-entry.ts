import { nodeLanes } from '@pathfold/tensors/executors/wasm/node-lanes';
import { systemClock } from '@pathfold/training/clock';
import { ownPort } from '../threads/node.ts';
import { runOf } from '../works.ts';
import { openDevice } from './device.ts';
import { nodeMemory } from './node-memory.ts';
import { serveCompute } from './worker.ts';

serveCompute(ownPort(), runOf, openDevice({ lanes: nodeLanes(), memoryBytes: nodeMemory() }), systemClock);
