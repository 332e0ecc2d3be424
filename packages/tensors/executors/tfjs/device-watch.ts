import { DeviceError } from '../executor.ts';

/** Knows whether the device behind a backend still works, and turns its failures into `DeviceError`. */
export class DeviceWatch {
  #failure: DeviceError | null = null;

  constructor(device?: GPUDevice) {
    device?.lost.then(({ message }) => {
      this.#failure = new DeviceError('device_lost', message || 'the GPU went away');
    });
    device?.addEventListener('uncapturederror', ({ error }) => {
      if (error instanceof GPUOutOfMemoryError) this.#failure = new DeviceError('out_of_memory', error.message);
    });
  }

  check(): void {
    if (this.#failure) throw this.#failure;
  }

  /** The failure behind an error that some operation threw, or the error itself. */
  explain(error: unknown): unknown {
    if (this.#failure) return this.#failure;
    const message = error instanceof Error ? error.message : String(error);
    if (/device is lost|device lost/i.test(message)) return new DeviceError('device_lost', message, { cause: error });
    if (/out of memory|OOM|cannot enlarge memory|array buffer allocation failed/i.test(message))
      return new DeviceError('out_of_memory', message, { cause: error });
    return error;
  }
}
