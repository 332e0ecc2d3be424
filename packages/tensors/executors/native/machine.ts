import { createRequire } from 'node:module';
import type { Kernels } from '../wasm/form.ts';
import type { NewMachine } from '../wasm/machine.ts';

/** The exports of addon.c. */
interface Addon {
  /** By name, what a list of calls names it by. */
  readonly kernels: Readonly<Record<string, number>>;
  memory(bytes: number): ArrayBuffer;
  /** `calls`: index and arguments of one kernel after another. */
  run(memory: ArrayBuffer, calls: Float64Array): void;
}

/** The kernels of a library that `buildNative` has made. A sequence of calls is recorded once and runs as one. */
export const nativeMachines = (path: string): NewMachine => {
  const addon = createRequire(import.meta.url)(path) as Addon;
  return () => {
    let buffer = new ArrayBuffer(0);
    let recorded: number[] | null = null;
    const kernels: Kernels = Object.fromEntries(
      Object.entries(addon.kernels).map(([name, index]) => [
        name,
        (...values: number[]) => {
          if (recorded) recorded.push(index, ...values);
          else addon.run(buffer, Float64Array.of(index, ...values));
          return 0;
        },
      ]),
    );
    return {
      kernels,
      // Byte 0 is no place.
      firstFreeByte: 64,
      get buffer() {
        return buffer;
      },
      reserve(bytes) {
        if (bytes <= buffer.byteLength) return;
        const larger = addon.memory(bytes);
        new Uint8Array(larger).set(new Uint8Array(buffer));
        buffer = larger;
      },
      sequence(calls) {
        recorded = [];
        calls();
        const list = Float64Array.from(recorded);
        recorded = null;
        return () => addon.run(buffer, list);
      },
    };
  };
};
