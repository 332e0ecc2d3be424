import { startThread } from '../threads/node.ts';
import type { ComputeWorker } from './messages.ts';

/** Starts the compute worker as a thread of this Node process. */
export const spawnNodeCompute = (): ComputeWorker => startThread(new URL('./node-entry.ts', import.meta.url));
