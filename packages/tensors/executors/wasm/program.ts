import { type Plan, sizeOf } from '../../plan/types.ts';
import { primitives } from '../../primitives/list.ts';
import { type Data, DeviceError, type Program } from '../executor.ts';
import type { Kernels, Place } from './form.ts';
import { layOut } from './layout.ts';

const PAGE = 65_536;

/** A plan bound to a memory of its own: each run calls the kernels one after another. */
export class WasmProgram implements Program {
  readonly #memory: WebAssembly.Memory;
  readonly #steps: readonly (() => void)[];
  /** By value id. */
  readonly #places = new Map<number, Place>();
  readonly #written = new Set<string>();

  constructor(
    private readonly plan: Plan,
    module: WebAssembly.Module,
  ) {
    const instance = new WebAssembly.Instance(module, { env: { abort } });
    const { memory, ...kernels } = instance.exports as { memory: WebAssembly.Memory } & Kernels;
    this.#memory = memory;
    const layout = layOut(plan);
    const first = (kernels as Kernels)['firstFreeByte']!();
    this.#grow(first + layout.bytes);
    for (const [value, at] of layout.at) {
      const type = plan.values[value]!;
      this.#places.set(value, { ...type, at: first + at, size: sizeOf(type.shape) });
    }
    let end = first + layout.bytes;
    const constants = new Map<string, number>();
    const constant = (key: string, make: () => Float32Array): number => {
      const known = constants.get(key);
      if (known !== undefined) return known;
      const values = make();
      const at = Math.ceil(end / 16) * 16;
      end = at + values.byteLength;
      this.#grow(end);
      new Float32Array(memory.buffer, at, values.length).set(values);
      constants.set(key, at);
      return at;
    };
    this.#steps = plan.calls.flatMap(({ primitive, inputs, outputs, attributes }) => {
      const { wasm } = primitives.get(primitive)!;
      if (wasm.views) return [];
      const places = (values: readonly number[]) => values.map((value) => this.#places.get(value)!);
      return wasm.bind({
        inputs: places(inputs),
        outputs: places(outputs),
        attributes,
        scratch: first + layout.scratch,
        kernels: kernels as Kernels,
        constant,
      });
    });
  }

  write(name: string, values: Float32Array): void {
    const port = this.plan.state.find((state) => state.name === name);
    if (!port) throw new Error(`the plan has no state ${name}`);
    this.#put(name, port.value, values);
    this.#written.add(name);
  }

  async read(name: string): Promise<Float32Array> {
    const port = this.plan.state.find((state) => state.name === name);
    if (!port || !this.#written.has(name)) throw new Error(`state ${name} has not been written`);
    return this.#floats(port.value).slice();
  }

  async run(
    inputs: Readonly<Record<string, Data>>,
    wanted: readonly string[] = this.plan.outputs.map((port) => port.name),
  ): Promise<Record<string, Float32Array>> {
    for (const { name, value } of this.plan.inputs) {
      const data = inputs[name];
      if (!data) throw new Error(`input ${name} is missing`);
      this.#put(name, value, data);
    }
    for (const { name } of this.plan.state)
      if (!this.#written.has(name)) throw new Error(`state ${name} has not been written`);
    for (const step of this.#steps) step();
    const outputs = wanted.map((name): [string, Float32Array] => {
      const port = this.plan.outputs.find((output) => output.name === name);
      if (!port) throw new Error(`the plan has no output ${name}`);
      return [name, this.#floats(port.value).slice()];
    });
    const successors = this.plan.state.map(({ value, next }) => {
      const there = this.#places.get(value)!.at === this.#places.get(next)!.at;
      return { value, next: there ? null : this.#floats(next).slice() };
    });
    for (const { value, next } of successors) if (next) this.#floats(value).set(next);
    return Object.fromEntries(outputs);
  }

  /** The memory goes with the last reference to this program. */
  dispose(): void {
    this.#written.clear();
  }

  #put(name: string, value: number, data: Data): void {
    const { shape, dtype, at, size } = this.#places.get(value)!;
    if (data.length !== size) throw new Error(`${name} holds ${data.length} elements, not [${shape}]`);
    const View = dtype === 'i32' ? Int32Array : Float32Array;
    new View(this.#memory.buffer, at, size).set(data);
  }

  #floats(value: number): Float32Array {
    const { at, size } = this.#places.get(value)!;
    return new Float32Array(this.#memory.buffer, at, size);
  }

  #grow(bytes: number): void {
    const pages = Math.ceil((bytes - this.#memory.buffer.byteLength) / PAGE);
    try {
      if (pages > 0) this.#memory.grow(pages);
    } catch (error) {
      const detail = `this work needs ${Math.ceil(bytes / 1e6)} MB of memory, which this device does not give`;
      throw new DeviceError('out_of_memory', detail, { cause: error });
    }
  }
}

const abort = (): never => {
  throw new Error('a kernel aborted');
};
