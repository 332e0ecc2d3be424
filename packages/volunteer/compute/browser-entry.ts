import { browserLanes } from '@pathfold/tensors/executors/wasm/browser-lanes';
import { systemClock } from '@pathfold/training/clock';
import { ownPort } from '../threads/browser.ts';
import { runOf } from '../works.ts';
import { browserMemory } from './browser-memory.ts';
import { openDevice } from './device.ts';
import { serveCompute } from './worker.ts';

const device = openDevice({ wasmBaseUrl: '/tfjs/', lanes: browserLanes(), memoryBytes: browserMemory() });
serveCompute(ownPort(), runOf, device, systemClock);
