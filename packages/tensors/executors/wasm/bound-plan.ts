import { type Plan, sizeOf } from '../../plan/types.ts';
import { primitives } from '../../primitives/list.ts';
import { type Data, DeviceError } from '../executor.ts';
import { type Kernels, kernel, type Place } from './form.ts';
import { layOut } from './layout.ts';
import type { Machine } from './machine.ts';
import { planSums, type Sums } from './sums.ts';

export interface BindOptions {
  /** Outputs that are added up over several runs, in one block. */
  readonly sums?: readonly string[];
  /** States change between runs only where `prepare` is called afterwards. */
  readonly steadyStates?: boolean;
}

/** A plan in a memory of its own, which it takes with `claim`: each run calls the kernels one after another. */
export class BoundPlan {
  readonly sums: Sums;
  /** First byte of the block of sums. */
  readonly sumsAt: number;
  readonly kernels: Kernels;
  readonly #machine: Machine;
  readonly #steps: ((adding: boolean) => void)[] = [];
  readonly #preparations: (() => void)[] = [];
  readonly #constants: { readonly at: number; readonly values: Float32Array }[] = [];
  readonly #places = new Map<number, Place>();
  #run = (_adding: boolean): void => {
    throw new Error('the memory has not been claimed');
  };
  #prepare = (): void => {};
  #end: number;

  constructor(
    readonly plan: Plan,
    machine: Machine,
    { sums = [], steadyStates = false }: BindOptions = {},
  ) {
    this.#machine = machine;
    this.kernels = machine.kernels;
    this.sums = planSums(plan, sums);
    const layout = layOut(plan, this.sums);
    this.#end = machine.firstFreeByte;
    const first = this.allot(layout.bytes / 4);
    this.sumsAt = first + layout.sums;
    for (const [value, at] of layout.at) {
      const type = plan.values[value]!;
      this.#places.set(value, { ...type, at: first + at, size: sizeOf(type.shape) });
    }
    this.#bind(first + layout.scratch, steadyStates);
  }

  #bind(scratch: number, steadyStates: boolean): void {
    const { plan, kernels, sums } = this;
    const made = new Map<string, number>();
    const once = (key: string, floats: number, then: (at: number) => void): number => {
      const known = made.get(key);
      if (known !== undefined) return known;
      const at = this.allot(floats);
      made.set(key, at);
      then(at);
      return at;
    };
    const constant = (key: string, make: () => Float32Array): number => {
      const values = make();
      return once(key, values.length, (at) => this.#constants.push({ at, values }));
    };
    const steady = new Set(steadyStates ? plan.state.map((port) => port.value) : []);
    plan.calls.forEach(({ primitive, inputs, outputs, attributes }, index) => {
      const { wasm } = primitives.get(primitive)!;
      if (wasm.views) {
        if (steady.has(inputs[0]!)) for (const value of outputs) steady.add(value);
        return;
      }
      if (sums.done.has(index)) return;
      const places = (values: readonly number[]) => values.map((value) => this.#places.get(value)!);
      const step = wasm.bind({
        inputs: places(inputs),
        outputs: places(outputs),
        attributes,
        scratch,
        kernels,
        constant,
        prepared: (input, key, floats, fill) =>
          steady.has(inputs[input]!)
            ? once(`${inputs[input]} ${key}`, floats, (at) => this.#preparations.push(() => fill(at)))
            : null,
      });
      const summed = wasm.adds === undefined ? undefined : outputs[wasm.adds];
      if (summed === undefined || !sums.inside.has(summed)) this.#steps.push(() => step(false));
      else if (sums.later.has(summed)) this.#steps.push(() => step(true));
      else this.#steps.push(step);
    });
    const [copy, add] = [kernel(kernels, 'copy'), kernel(kernels, 'add')];
    for (const { value, first } of sums.outside) {
      const { at, size } = this.#places.get(value)!;
      const to = this.sumsAt + 4 * first;
      this.#steps.push((adding) => (adding ? add(to, at, to, size) : copy(at, to, size)));
    }
  }

  /** Computes again the values that are derived from the states. */
  prepare(): void {
    this.#prepare();
  }

  /** One run; the sums are added to what is there when `adding`. */
  run(adding = false): void {
    this.#run(adding);
  }

  put(name: string, value: number, data: Data): void {
    const { shape, dtype, at, size } = this.#places.get(value)!;
    if (data.length !== size) throw new Error(`${name} holds ${data.length} elements, not [${shape}]`);
    const View = dtype === 'i32' ? Int32Array : Float32Array;
    new View(this.#machine.buffer, at, size).set(data);
  }

  /** A view; good until the next `claim`. */
  floats(value: number): Float32Array {
    const { at, size } = this.#places.get(value)!;
    return this.floatsAt(at, size);
  }

  floatsAt(at: number, size: number): Float32Array {
    return new Float32Array(this.#machine.buffer, at, size);
  }

  /** First byte of so many more floats, which are there after `claim`. */
  allot(floats: number): number {
    const at = Math.ceil(this.#end / 64) * 64;
    this.#end = at + 4 * floats;
    return at;
  }

  /** Bytes that have been allotted. */
  get bytes(): number {
    return this.#end;
  }

  /** Takes the memory that has been allotted. Throws `DeviceError` out_of_memory. */
  claim(): void {
    try {
      this.#machine.reserve(this.#end);
    } catch (error) {
      const detail = `this work needs ${Math.ceil(this.#end / 1e6)} MB of memory, which this device does not give`;
      throw new DeviceError('out_of_memory', detail, { cause: error });
    }
    for (const { at, values } of this.#constants.splice(0)) this.floatsAt(at, values.length).set(values);
    const sequence = (adding: boolean) =>
      this.#machine.sequence(() => {
        for (const step of this.#steps) step(adding);
      });
    const [first, further] = [sequence(false), sequence(true)];
    this.#run = (adding) => (adding ? further() : first());
    this.#prepare = this.#machine.sequence(() => {
      for (const step of this.#preparations) step();
    });
  }
}
