import type { AnswersWorker } from './answer-words.ts';
import { startedThread } from './browser-thread.ts';

/** Starts the worker of a page that answers prompts. */
export const spawnBrowserAnswers = (): AnswersWorker =>
  startedThread(
    new Worker(new URL('./browser-answers-worker.ts', import.meta.url), { type: 'module', name: 'answers' }),
  );
