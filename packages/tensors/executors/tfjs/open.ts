import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { liveness } from '../../plan/liveness.ts';
import { DeviceError, type Executor, type TfjsName } from '../executor.ts';
import type { Spellings, Tf, TfBackend, TfContext, TfTensor } from './context.ts';
import { DeviceWatch } from './device-watch.ts';
import { TfProgram } from './program.ts';
import { plainSpellings } from './spellings.ts';
import { wasmSpellings } from './wasm-spellings.ts';

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
    compile(plan) {
      const program = new TfProgram(plan, liveness(plan), context, backendOf[name], device.watch, () =>
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

export interface TfjsOptions {
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

const activate = async (tf: Tf, backend: TfBackend): Promise<void> => {
  const ready = await tf.setBackend(backend).catch((error: unknown) => {
    throw new DeviceError('no_device', `TensorFlow.js backend ${backend}: ${error}`);
  });
  if (!ready) throw new DeviceError('no_device', `TensorFlow.js has no ${backend} backend here`);
};

const open: Record<TfBackend, (tf: Tf, options: TfjsOptions) => Promise<Device>> = {
  async webgpu(tf) {
    if (!globalThis.navigator?.gpu) throw new DeviceError('no_device', 'this browser offers no WebGPU');
    await import('@tensorflow/tfjs-backend-webgpu');
    await activate(tf, 'webgpu');
    const { device } = tf.backend() as WebGPUBackend;
    const words = await adapterWords();
    return {
      adapter: words.adapter || 'WebGPU',
      software: words.software,
      spellings: plainSpellings(tf),
      watch: new DeviceWatch(device),
    };
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

const SOFTWARE = /swiftshader|llvmpipe|lavapipe|software|basic render/i;

/** How the driver names the adapter. */
const adapterWords = async (): Promise<{ adapter: string; software: boolean }> => {
  const adapter = await navigator.gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (!adapter) throw new DeviceError('no_device', 'WebGPU finds no adapter');
  const { vendor, architecture, device, description } = adapter.info;
  const words = [...new Set([vendor, architecture, device, description])].filter(Boolean).join(' ');
  return { adapter: words, software: adapter.info.isFallbackAdapter || SOFTWARE.test(words) };
};
