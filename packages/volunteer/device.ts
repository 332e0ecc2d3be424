import { openExecutor } from '@pathfold/tensors/executors/executor';
import type { OpenDevice } from './compute.ts';

/** Opens the device of a choice. */
export const openDevice: OpenDevice = async () => {
  const executor = await openExecutor('tfjs-wasm');
  const info = { name: executor.name, adapter: executor.adapter, tokensPerSecond: 0 };
  return { executor, probe: { executor: info, tried: [{ ...info, failure: null }] } };
};
