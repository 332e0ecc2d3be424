import { startedThread } from './browser-thread.ts';
import type { ComputeWorker } from './compute-words.ts';

/** Starts the compute worker of a page. */
export const spawnBrowserCompute = (): ComputeWorker =>
  startedThread(new Worker(new URL('./browser-worker.ts', import.meta.url), { type: 'module', name: 'compute' }));
