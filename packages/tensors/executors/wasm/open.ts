import type { Plan } from '../../plan/types.ts';
import { checkMemory, DeviceError, type Executor, type MemoryOptions } from '../executor.ts';
import { BoundPlan } from './bound-plan.ts';
import { Crew } from './crew.ts';
import type { LaneHost } from './lane-words.ts';
import { WasmProgram } from './program.ts';
import { SplitProgram, splitBytes } from './split-program.ts';

export interface WasmOptions extends MemoryOptions {
  /** Where split plans are computed besides this thread. */
  readonly lanes?: LaneHost;
}

/**
 * The executor on our own kernels: SIMD WebAssembly, the same bits in every engine and on any number of threads.
 */
export const openWasm = async ({ lanes, memoryBytes }: WasmOptions): Promise<Executor> => {
  const module = await loadKernels();
  const crew = new Crew(module, lanes ?? null);
  const bytesOf = (plan: Plan): number =>
    plan.split ? splitBytes(plan.split, module, 1 + crew.size) : new BoundPlan(plan, module).bytes;
  return {
    name: 'wasm',
    adapter: `WebAssembly SIMD, ${crew.size === 0 ? 'one thread' : `${crew.size + 1} threads`}`,
    software: false,
    bytesOf,
    compile(plan) {
      checkMemory(bytesOf(plan), memoryBytes);
      return plan.split ? new SplitProgram(plan, plan.split, module, crew) : new WasmProgram(plan, module);
    },
    dispose: () => crew.dispose(),
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
