import { serveWorker } from './serve-worker.ts';
import type { ToWorker } from './worker-messages.ts';

/** Entry of a worker in a page. */
const serve = serveWorker((message) => postMessage(message));
addEventListener('message', (event: MessageEvent<ToWorker>) => serve(event.data));
