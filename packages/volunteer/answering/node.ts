import { startThread } from '../threads/node.ts';
import type { AnswersWorker } from './messages.ts';

/** Starts the thread of this Node process that answers prompts. */
export const spawnNodeAnswers = (): AnswersWorker => startThread(new URL('./node-entry.ts', import.meta.url));
