import type { ToAnswers } from './answer-words.ts';
import { serveAnswers } from './answers-worker.ts';
import { briefRun } from './works.ts';

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
