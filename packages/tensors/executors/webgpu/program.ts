import { type Plan, sizeOf } from '../../plan/types.ts';
import { primitives } from '../../primitives/list.ts';
import { type Data, DeviceError, type Program } from '../executor.ts';
import type { DeviceWatch } from '../tfjs/device-watch.ts';
import type { Place } from './form.ts';
import { fuse } from './fuse.ts';
import type { FusedPlan } from './fused-plan.ts';
import { type Layout, layOut, layoutBytes } from './layout.ts';
import { checkLimits } from './limits.ts';
import { merge } from './merge.ts';
import type { Pipelines } from './pipelines.ts';
import { type Shader, shaderOf } from './shader.ts';

interface Dispatch {
  readonly pipeline: GPUComputePipeline;
  readonly bindGroup: GPUBindGroup;
  readonly grid: readonly [number, number];
}

/** Runs in a row of which nothing is read back: then the program waits for the device to catch up. */
const MOST_AHEAD = 8;
const UNIFORM_STRIDE = 256;

/** A plan bound to buffers of its own. Each run is one submission of dispatches that were all prepared once. */
export class WebgpuProgram implements Program {
  readonly #buffers: GPUBuffer[] = [];
  readonly #dispatches: readonly Dispatch[];
  readonly #places = new Map<number, Place>();
  readonly #written = new Set<string>();
  /** Where outputs are read back, by name. */
  readonly #staging = new Map<string, GPUBuffer>();
  /** Copies after the dispatches, from buffer to buffer, that move states to their successors. */
  readonly #moves: readonly { readonly from: Place; readonly to: Place }[];
  readonly #made: Promise<void>;
  #turn: Promise<unknown> = Promise.resolve();
  #ahead = 0;
  #disposed = false;

  constructor(
    private readonly plan: Plan,
    private readonly device: GPUDevice,
    pipelines: Pipelines,
    private readonly watch: DeviceWatch,
    private readonly forget: () => void,
  ) {
    const fused = fuse(plan);
    const layout = layOut(fused);
    checkLimits(fused, layout, device.limits);
    for (const filter of ['out-of-memory', 'internal', 'validation'] as const) device.pushErrorScope(filter);
    const place = (value: number, buffer: number, at: number): Place => {
      const { shape, dtype } = plan.values[value]!;
      return { shape, dtype, buffer, at, size: sizeOf(shape) };
    };
    for (const elements of layout.buffers) this.#add(elements);
    for (const [value, { buffer, at }] of layout.at) this.#places.set(value, place(value, buffer, at));
    this.#moves = this.#movesOf(plan);
    this.#dispatches = this.#prepare(this.#shaders(fused, layout), pipelines);
    this.#made = Promise.all([device.popErrorScope(), device.popErrorScope(), device.popErrorScope()]).then(
      (errors) => {
        const error = errors.find((each) => each !== null);
        if (error instanceof GPUOutOfMemoryError)
          throw new DeviceError('out_of_memory', sentence(layout, error.message));
        if (error) throw new Error(`the GPU refuses this work: ${error.message}`);
      },
    );
    this.#made.catch(() => {});
  }

  write(name: string, values: Float32Array): void {
    this.#put(name, this.#stateOf(name), values);
    this.#written.add(name);
  }

  read(name: string): Promise<Float32Array> {
    return this.#inTurn(async () => {
      const place = this.#stateOf(name);
      if (!this.#written.has(name)) throw new Error(`state ${name} has not been written`);
      const staging = this.#stagingOf(place);
      try {
        const encoder = this.device.createCommandEncoder();
        this.#copyOut(encoder, place, staging);
        this.device.queue.submit([encoder.finish()]);
        return await contents(staging);
      } finally {
        staging.destroy();
      }
    });
  }

  run(
    inputs: Readonly<Record<string, Data>>,
    wanted: readonly string[] = this.plan.outputs.map((port) => port.name),
  ): Promise<Record<string, Float32Array>> {
    return this.#inTurn(async () => {
      const reads = wanted.map((name) => {
        const port = this.plan.outputs.find((output) => output.name === name);
        if (!port) throw new Error(`the plan has no output ${name}`);
        return { name, place: this.#places.get(port.value)! };
      });
      this.#upload(inputs);
      this.#submit(reads);
      if (reads.length > 0) this.#ahead = 0;
      else if (++this.#ahead >= MOST_AHEAD) {
        await this.device.queue.onSubmittedWorkDone();
        this.#ahead = 0;
      }
      const values = await Promise.all(reads.map(({ name }) => contents(this.#staging.get(name)!)));
      return Object.fromEntries(reads.map(({ name }, i) => [name, values[i]!]));
    });
  }

  dispose(): void {
    this.#disposed = true;
    for (const buffer of [...this.#buffers, ...this.#staging.values()]) buffer.destroy();
    this.#written.clear();
    this.forget();
  }

  /** Dispatches of one run, in order. */
  #shaders(plan: FusedPlan, layout: Layout): readonly Shader[] {
    const scratch = this.#values(layout.scratch);
    const constants = new Map<string, Place>();
    const constant = (key: string, make: () => Float32Array): Place => {
      const known = constants.get(key);
      if (known) return known;
      const values = make();
      const place = this.#values(values.length);
      this.device.queue.writeBuffer(this.#buffers[place.buffer]!, 0, values as Float32Array<ArrayBuffer>);
      constants.set(key, place);
      return place;
    };
    const places = (values: readonly number[]) => values.map((value) => this.#places.get(value)!);
    const kernels = plan.calls.flatMap(({ primitive, inputs, outputs, attributes, hasAddend }) => {
      const { wgsl } = primitives.get(primitive)!;
      const operands = places(inputs);
      const addend = hasAddend ? operands.pop()! : null;
      return wgsl.kernels({ inputs: operands, outputs: places(outputs), attributes, addend, scratch, constant });
    });
    const { limits } = this.device;
    // Shaders that are shared by many plans compile sooner: merging pays where steps are taken again and again.
    const steps = plan.state.some(({ value, next }) => value !== next);
    return (steps ? merge(kernels, limits) : kernels.map((kernel) => [kernel])).map((each) =>
      shaderOf(each, limits.maxComputeWorkgroupsPerDimension),
    );
  }

  /** Pipelines and bind groups; the numbers of all shaders lie in one uniform buffer. */
  #prepare(shaders: readonly Shader[], pipelines: Pipelines): readonly Dispatch[] {
    const numbers = new Uint32Array((shaders.length * UNIFORM_STRIDE) / 4);
    shaders.forEach((shader, i) => {
      numbers.set(shader.numbers, (i * UNIFORM_STRIDE) / 4);
    });
    const size = Math.max(UNIFORM_STRIDE, numbers.byteLength);
    const usage = GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST;
    const uniform = this.device.createBuffer({ size, usage });
    this.device.queue.writeBuffer(uniform, 0, numbers);
    this.#buffers.push(uniform);
    return shaders.map((shader, i) => {
      const { pipeline, layout } = pipelines.get(shader);
      const place = { buffer: uniform, offset: i * UNIFORM_STRIDE, size: 4 * shader.numbers.length };
      const storage = shader.bindings.map(({ buffer }) => ({ buffer: this.#buffers[buffer]! }));
      const entries = [place, ...storage].map((resource, binding) => ({ binding, resource }));
      return { pipeline, bindGroup: this.device.createBindGroup({ layout, entries }), grid: shader.grid };
    });
  }

  #upload(inputs: Readonly<Record<string, Data>>): void {
    for (const { name } of this.plan.state)
      if (!this.#written.has(name)) throw new Error(`state ${name} has not been written`);
    for (const { name, value } of this.plan.inputs) {
      const data = inputs[name];
      if (!data) throw new Error(`input ${name} is missing`);
      const place = this.#places.get(value);
      if (place) this.#put(name, place, data);
    }
  }

  #submit(reads: readonly { readonly name: string; readonly place: Place }[]): void {
    const encoder = this.device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    for (const { pipeline, bindGroup, grid } of this.#dispatches) {
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, bindGroup);
      pass.dispatchWorkgroups(grid[0], grid[1]);
    }
    pass.end();
    for (const { name, place } of reads) {
      const staging = this.#staging.get(name) ?? this.#stagingOf(place);
      this.#staging.set(name, staging);
      this.#copyOut(encoder, place, staging);
    }
    for (const { from, to } of this.#moves)
      encoder.copyBufferToBuffer(
        this.#buffers[from.buffer]!,
        4 * from.at,
        this.#buffers[to.buffer]!,
        4 * to.at,
        4 * to.size,
      );
    this.device.queue.submit([encoder.finish()]);
  }

  /** States whose successors were not computed in place; through buffers between, so that states may change places. */
  #movesOf({ state }: Plan): { from: Place; to: Place }[] {
    const moved = state
      .map(({ value, next }) => ({ from: this.#places.get(next)!, to: this.#places.get(value)! }))
      .filter(({ from, to }) => from.buffer !== to.buffer || from.at !== to.at)
      .map((move) => ({ ...move, between: this.#values(move.to.size) }));
    return [
      ...moved.map(({ from, between }) => ({ from, to: between })),
      ...moved.map(({ between, to }) => ({ from: between, to })),
    ];
  }

  #put(name: string, { shape, buffer, at, size }: Place, data: Data): void {
    if (data.length !== size) throw new Error(`${name} holds ${data.length} elements, not [${shape}]`);
    this.device.queue.writeBuffer(this.#buffers[buffer]!, 4 * at, data as Data & ArrayBufferView<ArrayBuffer>);
  }

  #stateOf(name: string): Place {
    const port = this.plan.state.find((state) => state.name === name);
    if (!port) throw new Error(`the plan has no state ${name}`);
    return this.#places.get(port.value)!;
  }

  #stagingOf({ size }: Place): GPUBuffer {
    return this.device.createBuffer({ size: 4 * size, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
  }

  #copyOut(encoder: GPUCommandEncoder, { buffer, at, size }: Place, staging: GPUBuffer): void {
    encoder.copyBufferToBuffer(this.#buffers[buffer]!, 4 * at, staging, 0, 4 * size);
  }

  /** A fresh buffer of floats. */
  #values(elements: number): Place {
    return { shape: [elements], dtype: 'f32', buffer: this.#add(elements), at: 0, size: elements };
  }

  #add(elements: number): number {
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC;
    return this.#buffers.push(this.device.createBuffer({ size: Math.max(4, 4 * elements), usage })) - 1;
  }

  /** One thing at a time, and what fails on the device fails as a `DeviceError`. */
  #inTurn<T>(body: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(async () => {
      this.watch.check();
      try {
        await this.#made;
        const answer = await body();
        this.watch.check();
        return answer;
      } catch (error) {
        throw this.#disposed ? error : this.watch.explain(error);
      }
    });
    this.#turn = result.catch(() => {});
    return result;
  }
}

const contents = async (staging: GPUBuffer): Promise<Float32Array> => {
  await staging.mapAsync(GPUMapMode.READ).catch((error: unknown) => {
    throw new DeviceError('device_lost', `what was computed does not come back: ${error}`, { cause: error });
  });
  const values = new Float32Array(staging.getMappedRange().slice(0));
  staging.unmap();
  return values;
};

const sentence = (layout: Layout, message: string): string =>
  `this work needs ${Math.ceil(layoutBytes(layout) / 1e6)} MB of GPU memory, which this device does not give: ${message}`;
