import { briefRun } from '../works.ts';
import type { ToAnswers } from './messages.ts';
import { serveAnswers } from './worker.ts';

/** Entry of the worker in a page that answers prompts. */
serveAnswers(
  {
    post: (message) => postMessage(message),
    listen: (listener) => addEventListener('message', (event: MessageEvent<ToAnswers>) => listener(event.data)),
  },
  briefRun,
  { runtimeUrl: new URL('/ort/', location.origin).href },
  { now: () => performance.now(), nextTurn: () => new Promise((resolve) => setTimeout(resolve)) },
);
