import type { ComputeWorker } from './compute-words.ts';
import { startThread } from './node-thread.ts';

/** Starts the compute worker as a thread of this Node process. */
export const spawnNodeCompute = (): ComputeWorker => startThread(new URL('./node-worker.mjs', import.meta.url));
