import { startedThread } from '../threads/browser.ts';
import type { AnswersWorker } from './messages.ts';

/** Starts the worker of a page that answers prompts. */
export const spawnBrowserAnswers = (): AnswersWorker =>
  startedThread(new Worker(new URL('./browser-entry.ts', import.meta.url), { type: 'module', name: 'answers' }));
