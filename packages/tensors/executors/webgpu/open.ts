import type { Plan } from '../../plan/types.ts';
import { checkMemory, type Executor, type MemoryOptions } from '../executor.ts';
import { DeviceWatch } from '../tfjs/device-watch.ts';
import { openWebgpuDevice, type WebgpuDevice } from '../tfjs/webgpu-device.ts';
import { fuse } from './fuse.ts';
import { layOut, layoutBytes } from './layout.ts';
import { Pipelines } from './pipelines.ts';
import { WebgpuProgram } from './program.ts';

/** The executor on our own WGSL kernels, on the device that TensorFlow.js's WebGPU backend owns. */
export const openWebgpu = async (options: MemoryOptions): Promise<Executor> =>
  executorOn(await openWebgpuDevice(), options);

/** The executor on a given device, which stays the caller's. */
export const executorOn = ({ device, adapter, software }: WebgpuDevice, { memoryBytes }: MemoryOptions): Executor => {
  const pipelines = new Pipelines(device);
  const watch = new DeviceWatch(device);
  const programs = new Set<WebgpuProgram>();
  const bytesOf = (plan: Plan): number => layoutBytes(layOut(fuse(plan)));
  return {
    name: 'webgpu',
    adapter,
    software,
    bytesOf,
    compile(plan: Plan) {
      watch.check();
      checkMemory(bytesOf(plan), memoryBytes);
      const program = new WebgpuProgram(plan, device, pipelines, watch, () => programs.delete(program));
      programs.add(program);
      return program;
    },
    dispose() {
      for (const program of [...programs]) program.dispose();
    },
  };
};
