import type { Executor, Program } from '@pathfold/tensors/executors/executor';
import { openExecutor } from '@pathfold/tensors/executors/open';
import type { Plan } from '@pathfold/tensors/plan/types';

/** Plans of a study on an executor whose bits are the same everywhere. */
export interface ExactPrograms {
  /** The program of this key: traced and compiled once, then kept with its state. */
  program(key: string, plan: () => Plan): Program;
  dispose(): void;
}

/** On the `wasm` executor with one lane, or on what `open` gives: only an executor with the same bits may stand in. */
export async function openExact(open: () => Promise<Executor> = () => openExecutor('wasm')): Promise<ExactPrograms> {
  const executor = await open();
  const programs = new Map<string, Program>();
  return {
    program(key, plan) {
      const program = programs.get(key) ?? executor.compile(plan());
      programs.set(key, program);
      return program;
    },
    dispose: () => executor.dispose(),
  };
}
