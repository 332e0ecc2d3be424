import { startedThread } from '../threads/browser.ts';
import type { ComputeWorker } from './messages.ts';

/** Starts the compute worker of a page. */
export const spawnBrowserCompute = (): ComputeWorker =>
  startedThread(new Worker(new URL('./browser-entry.ts', import.meta.url), { type: 'module', name: 'compute' }));
