import type { Kernels } from './form.ts';

/** The machine of a bound plan: one memory, and the kernels that read and write it. */
export interface Machine {
  readonly kernels: Kernels;
  /** Where a program's own memory may begin. */
  readonly firstFreeByte: number;
  /** The memory; good until the next `reserve`. */
  readonly buffer: ArrayBuffer;
  /** Makes the memory at least this large; what was there stays. Throws where there is not so much. */
  reserve(bytes: number): void;
  /** Makes the same kernel calls as `calls` each time it is run. */
  sequence(calls: () => void): () => void;
}

/** A machine for each plan. */
export type NewMachine = () => Machine;

const PAGE = 65_536;

/** The compiled WebAssembly kernels, each machine an instance of its own. */
export const wasmMachines =
  (module: WebAssembly.Module): NewMachine =>
  () => {
    const instance = new WebAssembly.Instance(module, { env: { abort } });
    const { memory, ...kernels } = instance.exports as { memory: WebAssembly.Memory } & Kernels;
    return {
      kernels: kernels as Kernels,
      firstFreeByte: (kernels as Kernels)['firstFreeByte']!(),
      get buffer() {
        return memory.buffer;
      },
      reserve(bytes) {
        const pages = Math.ceil((bytes - memory.buffer.byteLength) / PAGE);
        if (pages > 0) memory.grow(pages);
      },
      sequence: (calls) => calls,
    };
  };

const abort = (): never => {
  throw new Error('a kernel aborted');
};
