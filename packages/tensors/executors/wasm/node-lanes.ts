import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { FromLane, LaneHost, LaneWorker } from './lane-words.ts';
import { threadsFor } from './lanes.ts';

/** Lanes in threads of this Node process. */
export const nodeLanes = (threads = threadsFor(availableParallelism())): LaneHost => ({ threads, spawn });

const spawn = (): LaneWorker => {
  const worker = new Worker(new URL('./node-lane.mjs', import.meta.url));
  let told = false;
  let crashed: (detail: string) => void = () => {};
  const end = (detail: string) => {
    if (told) return;
    told = true;
    crashed(detail);
  };
  worker.on('error', (error) => end(String(error)));
  worker.on('exit', (code) => end(`it ended with code ${code}`));
  return {
    post: (message) => worker.postMessage(message),
    listen: (listener) => worker.on('message', (message: FromLane) => listener(message)),
    onCrash(listener) {
      crashed = listener;
    },
    hold: (held) => (held ? worker.ref() : worker.unref()),
    terminate() {
      told = true;
      void worker.terminate();
    },
  };
};
