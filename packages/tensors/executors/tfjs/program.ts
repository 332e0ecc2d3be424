import type { Liveness } from '../../plan/liveness.ts';
import type { Primitive } from '../../plan/primitive.ts';
import { type Call, type Plan, sizeOf } from '../../plan/types.ts';
import { primitives } from '../../primitives/list.ts';
import type { Data, Program } from '../executor.ts';
import type { TfBackend, TfContext, TfTensor } from './context.ts';
import type { DeviceWatch } from './device-watch.ts';

interface Step {
  readonly call: Call;
  readonly primitive: Primitive;
  /** Values that nobody reads after this call. */
  readonly dies: readonly number[];
}

/** Interprets a plan call by call; each tensor is disposed at the call after which nobody reads it. */
export class TfProgram implements Program {
  /** Tensors of the plan's state, by state name. */
  readonly #state = new Map<string, TfTensor>();
  readonly #steps: readonly Step[];

  constructor(
    private readonly plan: Plan,
    { dies }: Liveness,
    private readonly context: TfContext,
    private readonly backend: TfBackend,
    private readonly watch: DeviceWatch,
    private readonly forget: () => void,
  ) {
    this.#steps = plan.calls.map((call, index) => ({
      call,
      primitive: primitives.get(call.primitive)!,
      dies: dies[index]!,
    }));
  }

  write(name: string, values: Float32Array): void {
    const port = this.plan.state.find((state) => state.name === name);
    if (!port) throw new Error(`the plan has no state ${name}`);
    this.#activate();
    const fresh = this.#upload(name, port.value, values);
    this.#state.get(name)?.dispose();
    this.#state.set(name, fresh);
  }

  async read(name: string): Promise<Float32Array> {
    return this.#guard(async () => (await this.#stateOf(name).data<'float32'>()).slice());
  }

  async run(
    inputs: Readonly<Record<string, Data>>,
    wanted: readonly string[] = this.plan.outputs.map((port) => port.name),
  ): Promise<Record<string, Float32Array>> {
    return this.#guard(async () => {
      this.#activate();
      const outputs = this.#compute(inputs);
      const answer: Record<string, Float32Array> = {};
      try {
        for (const name of wanted) {
          const tensor = outputs.get(name);
          if (!tensor) throw new Error(`the plan has no output ${name}`);
          answer[name] = (await tensor.data<'float32'>()).slice();
        }
      } finally {
        for (const tensor of outputs.values()) tensor.dispose();
      }
      this.watch.check();
      return answer;
    });
  }

  dispose(): void {
    for (const tensor of this.#state.values()) tensor.dispose();
    this.#state.clear();
    this.forget();
  }

  /** All calls, the states moved to their successors; answers the outputs by name, for the caller to dispose. */
  #compute(inputs: Readonly<Record<string, Data>>): Map<string, TfTensor> {
    const values = new Map<number, TfTensor>();
    try {
      for (const { name, value } of this.plan.inputs) {
        const data = inputs[name];
        if (!data) throw new Error(`input ${name} is missing`);
        values.set(value, this.#upload(name, value, data));
      }
      for (const { name, value } of this.plan.state) values.set(value, this.#stateOf(name).clone());
      for (const step of this.#steps) this.#call(step, values);
      for (const { name, next } of this.plan.state) {
        this.#stateOf(name).dispose();
        this.#state.set(name, values.get(next)!.clone());
      }
      return new Map(this.plan.outputs.map(({ name, value }) => [name, values.get(value)!.clone()]));
    } finally {
      for (const tensor of values.values()) tensor.dispose();
    }
  }

  #call({ call, primitive, dies }: Step, values: Map<number, TfTensor>): void {
    const inputs = call.inputs.map((value) => values.get(value)!);
    const outputs = this.context.tf.tidy(() => primitive.tfjs(this.context, inputs, call.attributes));
    call.outputs.forEach((value, index) => {
      values.set(value, outputs[index]!);
    });
    for (const value of dies) {
      values.get(value)?.dispose();
      values.delete(value);
    }
  }

  #upload(name: string, value: number, data: Data): TfTensor {
    const { shape, dtype } = this.plan.values[value]!;
    if (data.length !== sizeOf(shape)) throw new Error(`${name} holds ${data.length} elements, not [${shape}]`);
    return this.context.tf.tensor(data.slice(), [...shape], dtype === 'i32' ? 'int32' : 'float32');
  }

  #stateOf(name: string): TfTensor {
    const tensor = this.#state.get(name);
    if (!tensor) throw new Error(`state ${name} has not been written`);
    return tensor;
  }

  /** TensorFlow.js has one active backend; changing to one that is already open takes effect at once. */
  #activate(): void {
    if (this.context.tf.getBackend() !== this.backend) void this.context.tf.setBackend(this.backend);
  }

  async #guard<T>(body: () => Promise<T>): Promise<T> {
    this.watch.check();
    try {
      return await body();
    } catch (error) {
      throw this.watch.explain(error);
    }
  }
}
