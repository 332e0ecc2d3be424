import { DeviceError } from '../executor.ts';
import { LaneRunner } from './lane-runner.ts';
import type { FromLane, LanePart, LaneTask, ToLane } from './lane-words.ts';
import { wasmMachines } from './machine.ts';

/** A lane worker's half: computes the lanes that it is given, one task after another. */
export const serveLanes = (post: (message: FromLane) => void): ((message: ToLane) => void) => {
  const parts = new Map<number, { readonly part: LanePart; readonly module: WebAssembly.Module }>();
  const runners = new Map<number, LaneRunner>();

  /** Made with the first task, so that what goes wrong then is told. */
  const runnerOf = (program: number): LaneRunner => {
    const known = runners.get(program);
    if (known) return known;
    const { part, module } = parts.get(program)!;
    const runner = new LaneRunner(part, wasmMachines(module)());
    runners.set(program, runner);
    return runner;
  };

  const run = (program: number, task: LaneTask): FromLane => {
    try {
      const runner = runnerOf(program);
      const rows = runner.run(task);
      return { type: 'done', program, result: { nodes: runner.release(), rows } };
    } catch (error) {
      if (error instanceof DeviceError) return { type: 'failed', program, code: error.code, detail: error.detail };
      return { type: 'failed', program, code: 'device_lost', detail: `a lane worker failed: ${error}` };
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
