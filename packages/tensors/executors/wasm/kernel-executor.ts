import type { Plan } from '../../plan/types.ts';
import { checkMemory, type Executor, type MemoryOptions } from '../executor.ts';
import { BoundPlan } from './bound-plan.ts';
import type { NewMachine } from './machine.ts';
import { WasmProgram } from './program.ts';
import { SplitProgram, splitBytes } from './split-program.ts';
import type { WorkerPool } from './worker-pool.ts';

interface KernelOptions extends MemoryOptions, Pick<Executor, 'name' | 'adapter'> {
  readonly newMachine: NewMachine;
  /** The threads besides this one. */
  readonly pool: WorkerPool | null;
}

/** An executor that calls our own kernels, on whatever machine they are compiled for. */
export const kernelExecutor = ({ name, adapter, newMachine, pool, memoryBytes }: KernelOptions): Executor => {
  const bytesOf = (plan: Plan): number =>
    plan.split ? splitBytes(plan.split, newMachine, 1 + (pool?.size ?? 0)) : new BoundPlan(plan, newMachine()).bytes;
  return {
    name,
    adapter,
    software: false,
    bytesOf,
    compile(plan) {
      checkMemory(bytesOf(plan), memoryBytes);
      return plan.split ? new SplitProgram(plan, plan.split, newMachine, pool) : new WasmProgram(plan, newMachine());
    },
    dispose: () => pool?.dispose(),
  };
};
