import { DeviceError, type Executor, type ExecutorName } from './executor.ts';
import type { TfjsOptions } from './tfjs/open.ts';
import type { WasmOptions } from './wasm/open.ts';

export type OpenOptions = TfjsOptions & WasmOptions;

/** Opens a device. Loads what it computes with only now. Throws `DeviceError` no_device where there is none. */
export const openExecutor = async (name: ExecutorName, options: OpenOptions = {}): Promise<Executor> => {
  if (name === 'wasm') return (await import('./wasm/open.ts')).openWasm(options);
  if (name === 'webgpu') return (await import('./webgpu/open.ts')).openWebgpu(options);
  if (name === 'native')
    throw new DeviceError('no_device', 'pages have no native executor; openNative opens it in Node');
  const { openTfjs } = await import('./tfjs/open.ts');
  return openTfjs(name, options);
};
