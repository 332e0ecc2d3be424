import { isSoftwareAdapter } from '../../software-adapter.ts';
import { DeviceError } from '../executor.ts';
import { activate } from './activate.ts';

export interface WebgpuDevice {
  readonly device: GPUDevice;
  /** The adapter in words, as its driver names it. */
  readonly adapter: string;
  /** A GPU that is emulated on the CPU. */
  readonly software: boolean;
}

/** Limits asked of an adapter beyond the defaults, as far as it has them. */
const LIMITS = [
  'maxComputeWorkgroupStorageSize',
  'maxComputeWorkgroupsPerDimension',
  'maxStorageBufferBindingSize',
  'maxStorageBuffersPerShaderStage',
  'maxBufferSize',
  'maxComputeWorkgroupSizeX',
  'maxComputeInvocationsPerWorkgroup',
] as const;

let opened: Promise<WebgpuDevice> | null = null;

/**
 * The device on which both our kernels and TensorFlow.js's WebGPU backend compute, the backend made active. One for a
 * thread. Throws `DeviceError` no_device where there is none.
 */
export const openWebgpuDevice = async (): Promise<WebgpuDevice> => {
  opened ??= requestDevice().catch((error: unknown) => {
    opened = null;
    throw error instanceof DeviceError ? error : new DeviceError('no_device', `WebGPU: ${error}`, { cause: error });
  });
  const found = await opened;
  await activate(await import('@tensorflow/tfjs-core'), 'webgpu');
  return found;
};

const requestDevice = async (): Promise<WebgpuDevice> => {
  if (!globalThis.navigator?.gpu) throw new DeviceError('no_device', 'this browser offers no WebGPU');
  const adapter = await navigator.gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (!adapter) throw new DeviceError('no_device', 'WebGPU finds no adapter');
  const device = await adapter.requestDevice({
    requiredLimits: Object.fromEntries(LIMITS.map((limit) => [limit, adapter.limits[limit]])),
  });
  void device.lost.then(() => {
    opened = null;
  });
  const tf = await import('@tensorflow/tfjs-core');
  const { WebGPUBackend } = await import('@tensorflow/tfjs-backend-webgpu');
  // The package registers a backend with a device of its own.
  tf.removeBackend('webgpu');
  tf.registerBackend('webgpu', () => new WebGPUBackend(device, adapter.info));

  const { vendor, architecture, device: name, description, isFallbackAdapter } = adapter.info;
  const words = [...new Set([vendor, architecture, name, description])].filter(Boolean).join(' ');
  return { device, adapter: words || 'WebGPU', software: isFallbackAdapter || isSoftwareAdapter(words) };
};
