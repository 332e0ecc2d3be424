import type { Executor, ExecutorName } from './executor.ts';
import type { TfjsOptions } from './tfjs/open.ts';

/** Opens a device. Loads what it computes with only now. Throws `DeviceError` no_device where there is none. */
export const openExecutor = async (name: ExecutorName, options: TfjsOptions = {}): Promise<Executor> => {
  if (name === 'wasm') return (await import('./wasm/open.ts')).openWasm();
  const { openTfjs } = await import('./tfjs/open.ts');
  return openTfjs(name, options);
};
