import type { Attribute, ElementType, Graph, Initializer, Node, ValueInfo } from './encode.ts';

/** Collects a graph while its net is written down as expressions: every method returns the name of its result. */
export class GraphBuilder {
  readonly #nodes: Node[] = [];
  readonly #initializers: Initializer[] = [];
  readonly #inputs: ValueInfo[] = [];
  readonly #outputs: ValueInfo[] = [];
  readonly #constants = new Set<string>();

  input(name: string, type: ElementType, shape: ValueInfo['shape']): string {
    this.#inputs.push({ name, type, shape });
    return name;
  }

  /** Gives a value its outside name. */
  output(name: string, value: string, type: ElementType, shape: ValueInfo['shape']): void {
    this.#nodes.push({ op: 'Identity', inputs: [value], outputs: [name], attributes: {} });
    this.#outputs.push({ name, type, shape });
  }

  weight(name: string, shape: readonly number[], data: Float32Array | Uint8Array): string {
    this.#initializers.push({ name, shape, data });
    return name;
  }

  /** A constant of integers; `shape` [] is a scalar. Equal constants are stored once. */
  ints(values: readonly number[], shape: readonly number[] = [values.length]): string {
    const name = `ints_${values.join('_')}${shape.length === 0 ? '_scalar' : ''}`;
    if (!this.#constants.has(name)) {
      this.#constants.add(name);
      this.#initializers.push({ name, shape, data: BigInt64Array.from(values, BigInt) });
    }
    return name;
  }

  /** A scalar constant. */
  float(value: number): string {
    const name = `float_${value}`;
    if (!this.#constants.has(name)) {
      this.#constants.add(name);
      this.#initializers.push({ name, shape: [], data: Float32Array.of(value) });
    }
    return name;
  }

  node(op: string, inputs: readonly string[], attributes: Readonly<Record<string, Attribute>> = {}): string {
    return this.nodes(op, 1, inputs, attributes)[0]!;
  }

  nodes(
    op: string,
    count: number,
    inputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>> = {},
  ): string[] {
    const id = `${op}_${this.#nodes.length}`;
    const outputs = Array.from({ length: count }, (_, index) => (count === 1 ? id : `${id}_${index}`));
    this.#nodes.push({ op, inputs, outputs, attributes });
    return outputs;
  }

  graph(name: string): Graph {
    return {
      name,
      inputs: this.#inputs,
      outputs: this.#outputs,
      nodes: this.#nodes,
      initializers: this.#initializers,
    };
  }
}
