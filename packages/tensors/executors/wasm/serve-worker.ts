import { DeviceError } from '../executor.ts';
import { ChunkRunner } from './chunk-runner.ts';
import { wasmMachines } from './machine.ts';
import type { ChunkPlan, ChunkTask, FromWorker, ToWorker } from './worker-messages.ts';

/** A worker's half: computes the chunks that it is given, one task after another. */
export const serveWorker = (post: (message: FromWorker) => void): ((message: ToWorker) => void) => {
  const parts = new Map<number, { readonly part: ChunkPlan; readonly module: WebAssembly.Module }>();
  const runners = new Map<number, ChunkRunner>();

  /** Made with the first task, so that what goes wrong then is told. */
  const runnerOf = (program: number): ChunkRunner => {
    const known = runners.get(program);
    if (known) return known;
    const { part, module } = parts.get(program)!;
    const runner = new ChunkRunner(part, wasmMachines(module)());
    runners.set(program, runner);
    return runner;
  };

  const run = (program: number, task: ChunkTask): FromWorker => {
    try {
      const runner = runnerOf(program);
      const rows = runner.run(task);
      return { type: 'done', program, result: { nodes: runner.release(), rows } };
    } catch (error) {
      if (error instanceof DeviceError) return { type: 'failed', program, code: error.code, detail: error.detail };
      return { type: 'failed', program, code: 'device_lost', detail: `a worker failed: ${error}` };
    }
  };

  return (message) => {
    if (message.type === 'open') parts.set(message.program, message);
    else if (message.type === 'run') post(run(message.program, message.task));
    else {
      parts.delete(message.program);
      runners.delete(message.program);
    }
  };
};
