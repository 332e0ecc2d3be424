import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { DeviceError } from '../executor.ts';
import { activate } from './activate.ts';

export interface WebgpuDevice {
  readonly device: GPUDevice;
  /** The adapter in words, as its driver names it. */
  readonly adapter: string;
  /** A GPU that is emulated on the CPU. */
  readonly software: boolean;
}

/** The device of TensorFlow.js's WebGPU backend, made active. Throws `DeviceError` no_device where there is none. */
export const openWebgpuDevice = async (): Promise<WebgpuDevice> => {
  if (!globalThis.navigator?.gpu) throw new DeviceError('no_device', 'this browser offers no WebGPU');
  const words = await adapterWords();
  const tf = await import('@tensorflow/tfjs-core');
  await import('@tensorflow/tfjs-backend-webgpu');
  await activate(tf, 'webgpu');
  return { device: (tf.backend() as WebGPUBackend).device, ...words };
};

const SOFTWARE = /swiftshader|llvmpipe|lavapipe|software|basic render/i;

/** How the driver names the adapter. */
const adapterWords = async (): Promise<{ adapter: string; software: boolean }> => {
  const adapter = await navigator.gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (!adapter) throw new DeviceError('no_device', 'WebGPU finds no adapter');
  const { vendor, architecture, device, description } = adapter.info;
  const words = [...new Set([vendor, architecture, device, description])].filter(Boolean).join(' ');
  return { adapter: words || 'WebGPU', software: adapter.info.isFallbackAdapter || SOFTWARE.test(words) };
};
