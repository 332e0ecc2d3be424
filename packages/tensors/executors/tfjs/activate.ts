import { DeviceError } from '../executor.ts';
import type { Tf, TfBackend } from './context.ts';

/** Makes a backend of TensorFlow.js the active one. Throws `DeviceError` no_device where there is none. */
export const activate = async (tf: Tf, backend: TfBackend): Promise<void> => {
  const ready = await tf.setBackend(backend).catch((error: unknown) => {
    throw new DeviceError('no_device', `TensorFlow.js backend ${backend}: ${error}`);
  });
  if (!ready) throw new DeviceError('no_device', `TensorFlow.js has no ${backend} backend here`);
};
