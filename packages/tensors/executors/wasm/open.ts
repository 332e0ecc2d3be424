import { DeviceError, type Executor } from '../executor.ts';
import { WasmProgram } from './program.ts';

/** The executor on our own kernels: SIMD WebAssembly, the same bits in every engine. */
export const openWasm = async (): Promise<Executor> => {
  const module = await loadKernels();
  return {
    name: 'wasm',
    adapter: 'WebAssembly SIMD',
    software: false,
    compile: (plan) => new WasmProgram(plan, module),
    dispose() {},
  };
};

let loading: Promise<WebAssembly.Module> | null = null;

/** The compiled kernels, once for a thread. */
const loadKernels = (): Promise<WebAssembly.Module> => {
  loading ??= compileKernels().catch((error: unknown) => {
    loading = null;
    throw new DeviceError('no_device', `the WebAssembly kernels do not load: ${error}`, { cause: error });
  });
  return loading;
};

const compileKernels = async (): Promise<WebAssembly.Module> => {
  const url = new URL('../../dist/kernels.wasm', import.meta.url);
  if (url.protocol === 'file:') {
    const { readFile } = await import('node:fs/promises');
    return WebAssembly.compile(await readFile(url));
  }
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url.pathname} answers ${response.status}`);
  return WebAssembly.compile(await response.arrayBuffer());
};
