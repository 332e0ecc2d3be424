import type { AnswersWorker, FromAnswers } from './answer-words.ts';

/** Starts the worker of a page that answers prompts. */
export function spawnBrowserAnswers(): AnswersWorker {
  const worker = new Worker(new URL('./browser-answers-worker.ts', import.meta.url), {
    type: 'module',
    name: 'answers',
  });
  return {
    post: (message) => worker.postMessage(message),
    listen: (listener) =>
      worker.addEventListener('message', (event: MessageEvent<FromAnswers>) => listener(event.data)),
    onCrash: (listener) =>
      worker.addEventListener('error', (event) => {
        worker.terminate();
        listener(event.message || 'The worker could not be loaded.');
      }),
    terminate: () => worker.terminate(),
  };
}
