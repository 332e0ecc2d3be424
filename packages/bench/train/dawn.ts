import { Worker } from 'node:worker_threads';
import type { Place } from './place.ts';
import { type Answer, openElsewhere, type Question } from './serve-arms.ts';

/**
 * Dawn in a thread of Node; null, with a line that says so, where the npm package `webgpu` is not installed (it is large,
 * and optional).
 */
export const openDawn = async (): Promise<Place | null> => {
  const worker = new Worker(new URL('./dawn-worker.mjs', import.meta.url));
  const ask = (question: Question): Promise<Answer> =>
    new Promise((resolve) => {
      worker.once('message', resolve);
      worker.postMessage(question);
    });
  const problem = await new Promise<Error | null>((resolve) => {
    worker.once('message', () => resolve(null));
    worker.once('error', resolve);
  });
  if (problem) {
    console.error(`Node's Dawn is not measured (${problem.message}). To install it: npm i --no-save webgpu@0.6.2`);
    return null;
  }
  return {
    name: 'Node with Dawn',
    open: (spec) => openElsewhere(spec, ask),
    close: async () => void (await worker.terminate()),
  };
};
