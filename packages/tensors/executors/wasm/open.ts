import { DeviceError, type Executor, type MemoryOptions } from '../executor.ts';
import { kernelExecutor } from './kernel-executor.ts';
import { wasmMachines } from './machine.ts';
import type { WorkerHost } from './worker-messages.ts';
import { WorkerPool } from './worker-pool.ts';

export interface WasmOptions extends MemoryOptions {
  /** Where split plans are computed besides this thread. */
  readonly workers?: WorkerHost;
}

/** The executor on our own kernels: SIMD WebAssembly, the same bits in every engine and on any number of threads. */
export const openWasm = async ({ workers, ...memory }: WasmOptions): Promise<Executor> => {
  const module = await loadKernels();
  const pool = workers ? new WorkerPool(module, workers) : null;
  const threads = 1 + (pool?.size ?? 0);
  const adapter = `WebAssembly SIMD, ${threads === 1 ? 'one thread' : `${threads} threads`}`;
  return kernelExecutor({ name: 'wasm', adapter, newMachine: wasmMachines(module), pool, ...memory });
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
