import { browserWorkers } from '@pathfold/tensors/executors/wasm/browser-workers';
import { type Question, serveArms } from './serve-arms.ts';

/** Measures in a worker, as volunteers train in one. */
const answer = serveArms(browserWorkers());
addEventListener('message', async ({ data }: MessageEvent<Question>) => postMessage(await answer(data)));
