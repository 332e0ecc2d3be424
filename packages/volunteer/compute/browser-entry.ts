import { browserWorkers } from '@pathfold/tensors/executors/wasm/browser-workers';
import { systemClock } from '@pathfold/training/clock';
import { ownPort } from '../threads/browser.ts';
import { runOf } from '../works.ts';
import { browserMemory } from './browser-memory.ts';
import { openDevice } from './device.ts';
import { serveCompute } from './worker.ts';

const device = openDevice({ wasmBaseUrl: '/tfjs/', workers: browserWorkers(), memoryBytes: browserMemory() });
serveCompute(ownPort(), runOf, device, systemClock);
