import type { FromLane, LaneHost, LaneWorker } from './lane-words.ts';
import { threadsFor } from './lanes.ts';

/** Lanes in workers of this page or worker. */
export const browserLanes = (): LaneHost => ({ threads: threadsFor(navigator.hardwareConcurrency), spawn });

const spawn = (): LaneWorker => {
  const worker = new Worker(new URL('./browser-lane.ts', import.meta.url), { type: 'module', name: 'lane' });
  return {
    post: (message) => worker.postMessage(message),
    listen: (listener) => worker.addEventListener('message', (event: MessageEvent<FromLane>) => listener(event.data)),
    onCrash: (listener) =>
      worker.addEventListener('error', (event) => listener(event.message || 'it could not be loaded')),
    hold() {},
    terminate: () => worker.terminate(),
  };
};
