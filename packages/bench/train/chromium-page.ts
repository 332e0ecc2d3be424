import type { Answer, Question } from './serve-arms.ts';

/** Hands questions to the worker of this page, one after another. */
const worker = new Worker(new URL('./chromium-worker.ts', import.meta.url), { type: 'module' });

const ask = (question: Question): Promise<Answer> =>
  new Promise((resolve) => {
    worker.onerror = ({ message }) => resolve({ error: message });
    worker.onmessage = ({ data }: MessageEvent<Answer>) => resolve(data);
    worker.postMessage(question);
  });

Object.assign(window, { ask });
