import { browserLanes } from '@pathfold/tensors/executors/wasm/browser-lanes';
import { systemClock } from '@pathfold/training/clock';
import { runOf } from '../works.ts';
import { browserMemory } from './browser-memory.ts';
import { openDevice } from './device.ts';
import type { ToCompute } from './messages.ts';
import { serveCompute } from './worker.ts';

/** Entry of the compute worker in a page. */
serveCompute(
  {
    post: (message, transfer) => postMessage(message, { transfer: [...(transfer ?? [])] }),
    listen: (listener) => addEventListener('message', (event: MessageEvent<ToCompute>) => listener(event.data)),
  },
  runOf,
  openDevice({ wasmBaseUrl: '/tfjs/', lanes: browserLanes(), memoryBytes: browserMemory() }),
  systemClock,
);
