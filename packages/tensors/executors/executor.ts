import type { Plan } from '../plan/types.ts';

/** `native` is for Node alone and opened by its own `openNative`. */
export type ExecutorName = 'webgpu' | 'tfjs-webgpu' | 'wasm' | 'tfjs-wasm' | 'tfjs-cpu' | 'native';
/** Whether it computes on a GPU, which runs behind: what it is given is done later. */
export const onGpu = (name: ExecutorName): boolean => name === 'webgpu' || name === 'tfjs-webgpu';
export type TfjsName = Exclude<ExecutorName, 'webgpu' | 'wasm' | 'native'>;

/** A device that turns plans into programs. */
export interface Executor {
  readonly name: ExecutorName;
  /** The device in words, as its driver names it. */
  readonly adapter: string;
  /** A GPU that is emulated on the CPU. */
  readonly software: boolean;
  /** Bytes that a program of this plan takes, as planned before anything is allotted. */
  bytesOf(plan: Plan): number;
  /** Throws `DeviceError` out_of_memory when the plan does not fit. */
  compile(plan: Plan): Program;
  /** Frees what the executor holds, its programs' tensors included. */
  dispose(): void;
}

export interface MemoryOptions {
  /** Bytes that a plan may take, on all threads together (default: whatever the device gives). */
  readonly memoryBytes?: number;
}

export type Data = Float32Array | Int32Array;

/**
 * A compiled plan with its state on the device. Every method throws `DeviceError` when the device fails; what the
 * state holds is then undefined.
 */
export interface Program {
  /** Sets a state, from flat values in row-major order. Every state must be set before the first run. */
  write(state: string, values: Float32Array): void;
  /** A copy of a state. */
  read(state: string): Promise<Float32Array>;
  /** One run. `inputs`: all inputs of the plan by name, flat. Answers the outputs that `wanted` names (default all). */
  run(inputs: Readonly<Record<string, Data>>, wanted?: readonly string[]): Promise<Record<string, Float32Array>>;
  dispose(): void;
}

export type DeviceErrorCode = 'device_lost' | 'out_of_memory' | 'no_device';

/** The device failed, not the computation. */
export class DeviceError extends Error {
  constructor(
    readonly code: DeviceErrorCode,
    readonly detail: string,
    options?: ErrorOptions,
  ) {
    super(`${code}: ${detail}`, options);
  }
}

/** Throws `DeviceError` out_of_memory when planned work needs more than there is. */
export const checkMemory = (bytes: number, there = Number.POSITIVE_INFINITY): void => {
  const megabytes = (value: number) => `${Math.ceil(value / 1e6)} MB`;
  if (bytes > there)
    throw new DeviceError('out_of_memory', `this work needs ${megabytes(bytes)} of memory, of ${megabytes(there)}`);
};
