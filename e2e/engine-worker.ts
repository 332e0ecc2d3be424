import type { ExecutorName } from '@pathfold/tensors/executors/executor';
import { openExecutor } from '@pathfold/tensors/executors/open';
import { browserWorkers } from '@pathfold/tensors/executors/wasm/browser-workers';
import { twentySteps } from '@pathfold/training/bits';

/** Asked for an executor and a batch; our kernels then compute on as many threads. */
export interface EngineTask {
  readonly name: ExecutorName;
  readonly batch: number;
  readonly threads: number;
}

const train = async ({ name, batch, threads }: EngineTask) => {
  const executor = await openExecutor(name, { workers: { ...browserWorkers(), threads } });
  try {
    return { ...(await twentySteps(executor, batch)), adapter: executor.adapter, isolated: crossOriginIsolated };
  } finally {
    executor.dispose();
  }
};

addEventListener('message', async ({ data }: MessageEvent<EngineTask>) =>
  postMessage(await train(data).catch((error: unknown) => ({ error: String(error) }))),
);
