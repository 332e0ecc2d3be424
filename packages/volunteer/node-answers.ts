import type { AnswersWorker } from './answer-words.ts';
import { startThread } from './node-thread.ts';

/** Starts the thread of this Node process that answers prompts. */
export const spawnNodeAnswers = (): AnswersWorker => startThread(new URL('./node-answers-worker.mjs', import.meta.url));
