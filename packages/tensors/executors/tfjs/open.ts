import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import { liveness } from '../../plan/liveness.ts';
import { checkMemory, type Executor, type MemoryOptions, type TfjsName } from '../executor.ts';
import { activate } from './activate.ts';
import type { Spellings, Tf, TfBackend, TfContext, TfTensor } from './context.ts';
import { DeviceWatch } from './device-watch.ts';
import { TfProgram } from './program.ts';
import { plainSpellings } from './spellings.ts';
import { wasmSpellings } from './wasm-spellings.ts';
import { openWebgpuDevice } from './webgpu-device.ts';

/** The executor on one of TensorFlow.js's backends: the reference, and the fallback. */
export const openTfjs = async (name: TfjsName, options: TfjsOptions): Promise<Executor> => {
  const tf: Tf = await import('@tensorflow/tfjs-core');
  const device = await open[backendOf[name]](tf, options);
  const constants = new Map<string, TfTensor>();
  const programs = new Set<TfProgram>();
  const context: TfContext = {
    tf,
    ...device.spellings,
    constant(key, make) {
      const made = constants.get(key) ?? tf.keep(make());
      constants.set(key, made);
      return made;
    },
  };
  return {
    name,
    adapter: device.adapter,
    software: device.software,
    bytesOf: (plan) => liveness(plan).peakBytes,
    compile(plan) {
      const alive = liveness(plan);
      checkMemory(alive.peakBytes, options.memoryBytes);
      const program = new TfProgram(plan, alive, context, backendOf[name], device.watch, () =>
        programs.delete(program),
      );
      programs.add(program);
      return program;
    },
    dispose() {
      for (const program of [...programs]) program.dispose();
      for (const constant of constants.values()) constant.dispose();
      constants.clear();
    },
  };
};

export interface TfjsOptions extends MemoryOptions {
  /** Where a browser finds TensorFlow.js's .wasm files; Node finds them in the package. Ends with a slash. */
  readonly wasmBaseUrl?: string;
}

const backendOf: Record<TfjsName, TfBackend> = { 'tfjs-webgpu': 'webgpu', 'tfjs-wasm': 'wasm', 'tfjs-cpu': 'cpu' };

interface Device {
  readonly adapter: string;
  readonly software: boolean;
  readonly spellings: Spellings;
  readonly watch: DeviceWatch;
}

const open: Record<TfBackend, (tf: Tf, options: TfjsOptions) => Promise<Device>> = {
  async webgpu(tf) {
    const { device, adapter, software } = await openWebgpuDevice();
    return { adapter, software, spellings: plainSpellings(tf), watch: new DeviceWatch(device) };
  },
  async wasm(tf, { wasmBaseUrl }) {
    const { setWasmPaths } = await import('@tensorflow/tfjs-backend-wasm');
    // The backend's thread workers hang under cross-origin isolation when bundled.
    tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
    if (wasmBaseUrl && !tf.findBackend('wasm')) setWasmPaths(wasmBaseUrl);
    await activate(tf, 'wasm');
    const spellings = wasmSpellings(tf, tf.backend() as BackendWasm);
    return { adapter: 'WebAssembly', software: false, spellings, watch: new DeviceWatch() };
  },
  async cpu(tf) {
    await import('@tensorflow/tfjs-backend-cpu');
    await activate(tf, 'cpu');
    return { adapter: 'JavaScript', software: false, spellings: plainSpellings(tf), watch: new DeviceWatch() };
  },
};
