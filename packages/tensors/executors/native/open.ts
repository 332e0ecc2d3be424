import { DeviceError, type Executor, type MemoryOptions } from '../executor.ts';
import { kernelExecutor } from '../wasm/kernel-executor.ts';
import { buildNative } from './build.ts';
import { nativeMachines } from './machine.ts';

/**
 * The executor on the same kernels in C, compiled for this machine's processor: the bits of `wasm`, sooner. For studies
 * in Node, on one thread. Throws `DeviceError` no_device where there is no compiler.
 */
export const openNative = async (memory: MemoryOptions = {}): Promise<Executor> => {
  const path = await buildNative().catch((error: Error) => {
    throw new DeviceError('no_device', error.message, { cause: error });
  });
  const adapter = 'kernels compiled for this processor, one thread';
  return kernelExecutor({ name: 'native', adapter, newMachine: nativeMachines(path), pool: null, ...memory });
};
