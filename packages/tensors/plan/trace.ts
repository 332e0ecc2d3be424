import { primitives } from '../primitives/list.ts';
import { gradients } from './differentiate.ts';
import { simplify } from './simplify.ts';
import type { Attributes, Call, DType, Plan, Port, Recording, Shape, StatePort, Tensor, TensorType } from './types.ts';

/** Records primitive calls. Build one through `trace`. */
export class Trace implements Recording {
  readonly tensors: Tensor[] = [];
  readonly calls: Call[] = [];
  readonly #inputs: Port[] = [];
  readonly #outputs: Port[] = [];
  readonly #state: StatePort[] = [];

  /** A value uploaded before each run. */
  input(name: string, shape: Shape, dtype: DType = 'f32'): Tensor {
    const tensor = this.#tensor({ shape, dtype });
    this.#inputs.push({ name, value: tensor.id });
    return tensor;
  }

  /** A float value that stays on the device between runs. */
  state(name: string, shape: Shape): Tensor {
    const tensor = this.#tensor({ shape, dtype: 'f32' });
    this.#state.push({ name, value: tensor.id, next: tensor.id });
    return tensor;
  }

  /** The value that `state` takes after each run. */
  update(state: Tensor, next: Tensor): void {
    const at = this.#state.findIndex((port) => port.value === state.id);
    const port = this.#state[at];
    if (!port) throw new Error('update: the first argument is not a state of this trace');
    this.#state[at] = { ...port, next: next.id };
  }

  output(name: string, tensor: Tensor): void {
    this.#outputs.push({ name, value: tensor.id });
  }

  emit(name: string, inputs: readonly Tensor[], attributes: Attributes = {}): Tensor[] {
    const primitive = primitives.get(name);
    if (!primitive) throw new Error(`there is no primitive ${name}`);
    const outputs = primitive.infer(inputs, attributes).map((type) => this.#tensor(type));
    this.calls.push({
      primitive: name,
      inputs: inputs.map((tensor) => tensor.id),
      outputs: outputs.map((tensor) => tensor.id),
      attributes,
    });
    return outputs;
  }

  gradients(scalar: Tensor, wrt: readonly Tensor[]): Tensor[] {
    return gradients(this, scalar, wrt);
  }

  plan(): Plan {
    return simplify({
      values: this.tensors.map(({ shape, dtype }) => ({ shape, dtype })),
      inputs: this.#inputs,
      state: this.#state,
      outputs: this.#outputs,
      calls: this.calls,
    });
  }

  #tensor({ shape, dtype }: TensorType): Tensor {
    const tensor = { id: this.tensors.length, shape, dtype, trace: this };
    this.tensors.push(tensor);
    return tensor;
  }
}

/** The plan of what `build` does; calls that reach no output and no state are left out. */
export const trace = (build: (t: Trace) => void): Plan => {
  const t = new Trace();
  build(t);
  return t.plan();
};
