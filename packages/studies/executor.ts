import type { Executor } from '@pathfold/tensors/executors/executor';
import { openExecutor } from '@pathfold/tensors/executors/open';

/** What computes the arms of all studies on this machine. Executors that give the same bits may stand here: no key holds their name. */
export const openStudyExecutor = (): Promise<Executor> => openExecutor('wasm');
