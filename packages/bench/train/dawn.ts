import { Worker } from 'node:worker_threads';
import type { Place } from './place.ts';
import { type Answer, openElsewhere, type Question } from './serve-arms.ts';

/** Dawn in a thread of Node; null where the npm package `webgpu` is not installed (it is large, and optional). */
export const openDawn = async (): Promise<Place | null> => {
  const worker = new Worker(new URL('./dawn-worker.mjs', import.meta.url));
  const ask = (question: Question): Promise<Answer> =>
    new Promise((resolve) => {
      worker.once('message', resolve);
      worker.postMessage(question);
    });
  const there = await new Promise<boolean>((resolve) => {
    worker.once('message', () => resolve(true));
    worker.once('error', () => resolve(false));
  });
  if (!there) return null;
  return {
    name: 'Node with Dawn',
    open: (spec) => openElsewhere(spec, ask),
    close: async () => void (await worker.terminate()),
  };
};
