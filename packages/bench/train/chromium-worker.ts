import { browserLanes } from '@pathfold/tensors/executors/wasm/browser-lanes';
import { type Question, serveArms } from './serve-arms.ts';

/** Measures in a worker, as volunteers train in one. */
const answer = serveArms(browserLanes());
addEventListener('message', async ({ data }: MessageEvent<Question>) => postMessage(await answer(data)));
