import { Worker } from 'node:worker_threads';
import type { AnswersWorker, FromAnswers } from './answer-words.ts';

/** Starts the thread of this Node process that answers prompts. */
export function spawnNodeAnswers(): AnswersWorker {
  const worker = new Worker(new URL('./node-answers-worker.mjs', import.meta.url));
  let ended = false;
  let crashed: (detail: string) => void = () => {};
  const end = (detail: string) => {
    if (ended) return;
    ended = true;
    crashed(detail);
  };
  worker.on('error', (error) => end(String(error)));
  worker.on('exit', (code) => end(`The worker ended with code ${code}.`));
  return {
    post: (message) => worker.postMessage(message),
    listen: (listener) => worker.on('message', (message: FromAnswers) => listener(message)),
    onCrash(listener) {
      crashed = listener;
    },
    terminate() {
      ended = true;
      void worker.terminate();
    },
  };
}
