import { gaussian, seedFor } from '@pathfold/nets/random';
import { KERNELS } from './kernels.ts';

/**
 * A fully connected net with ReLU between its layers, by hand: forward, and the gradient of every weight and gate.
 * Single precision in WebAssembly, each sum in one fixed order: all machines give the same bits, so that whoever
 * doubts a result can compute it again. Weights are flat: of each layer the matrix [out, in], then the bias [out].
 */
export interface NetShape {
  /** Widths, inputs first. */
  readonly sizes: readonly number[];
  readonly weightCount: number;
  /** Hidden units of all layers: as many gates as the net has. */
  readonly gateCount: number;
}

export const netShape = (sizes: readonly number[]): NetShape => ({
  sizes,
  weightCount: sizes.slice(1).reduce((sum, out, l) => sum + out * (sizes[l]! + 1), 0),
  gateCount: sizes.slice(1, -1).reduce((sum, width) => sum + width, 0),
});

/** Multiplications and additions of one example forward; its gradient costs twice as much again. */
export const forwardFlops = ({ sizes }: NetShape): number =>
  sizes.slice(1).reduce((sum, out, l) => sum + 2 * out * (sizes[l]! + 1), 0);

/** Norms of gradients beyond it are scaled down to it. */
export const CLIP_NORM = 10;

/** Examples in a batch at most; fewer are padded. */
export const LANES = 12;

/** Normal weights and biases, of a deviation that a layer's width tells. */
export function drawWeights({ sizes, weightCount }: NetShape, seed: number, deviation: (width: number) => number) {
  const next = gaussian(seedFor(seed, 'weights'));
  const weights = new Float32Array(weightCount);
  let offset = 0;
  sizes.slice(1).forEach((out, l) => {
    const scale = deviation(sizes[l]!);
    for (let i = 0; i < out * (sizes[l]! + 1); i++) weights[offset++] = scale * next();
  });
  return weights;
}

interface Kernels {
  readonly memory: WebAssembly.Memory;
  firstFreeByte(): number;
  affine(to: number, weights: number, from: number, out: number, width: number): void;
  inputSlopes(to: number, weights: number, slopes: number, out: number, width: number): void;
  weightGradient(to: number, slopes: number, values: number, out: number, width: number): void;
  rectify(to: number, raw: number, gates: number, width: number): void;
  rectifySlopes(slopes: number, raw: number, gates: number, gateSlopes: number, width: number): void;
  squares(values: number, count: number): number;
  descend(weights: number, direction: number, rate: number, count: number): void;
}

let compiled: WebAssembly.Module | null = null;

function instantiate(): Kernels {
  compiled ??= new WebAssembly.Module(Uint8Array.from(atob(KERNELS), (character) => character.charCodeAt(0)));
  return new WebAssembly.Instance(compiled, {}).exports as unknown as Kernels;
}

interface Layer {
  readonly out: number;
  readonly width: number;
  /** First weight, first gate. */
  readonly offset: number;
  readonly gate: number;
  /** Bytes where arrays [out, LANES] lie. */
  readonly raw: number;
  readonly values: number;
  readonly slopes: number;
}

/** One net with its workspace. Fill the views, then call; they stay where they are. */
export class Net {
  readonly shape: NetShape;
  /** [weightCount] */
  readonly weights: Float32Array;
  /** [weightCount], written by `backward`. */
  readonly gradient: Float32Array;
  /** [gateCount], ones at first. */
  readonly gates: Float32Array;
  /** [gateCount], written by `backward`. */
  readonly gateGradient: Float32Array;
  /** [in, LANES] */
  readonly inputs: Float32Array;
  /** [out, LANES], written by `forward`. */
  readonly outputs: Float32Array;
  /** [out, LANES]: slopes of the loss along the outputs, zero in unused lanes, for `backward`. */
  readonly slopes: Float32Array;
  readonly #kernels: Kernels;
  readonly #layers: Layer[] = [];

  constructor(shape: NetShape) {
    this.shape = shape;
    const { sizes, weightCount, gateCount } = shape;
    const units = sizes.reduce((sum, width) => sum + width, 0);
    this.#kernels = instantiate();
    let free = this.#kernels.firstFreeByte();
    const needed = free + 4 * (2 * weightCount + 2 * gateCount + 3 * LANES * units) + 64 * (3 * sizes.length + 4);
    this.#kernels.memory.grow(Math.ceil(needed / 65_536));
    const view = (length: number) => {
      const array = new Float32Array(this.#kernels.memory.buffer, free, length);
      free += Math.ceil((4 * length) / 16) * 16;
      return array;
    };
    this.weights = view(weightCount);
    this.gradient = view(weightCount);
    this.gates = view(gateCount).fill(1);
    this.gateGradient = view(gateCount);
    this.inputs = view(sizes[0]! * LANES);
    let [offset, gate] = [0, 0];
    let [outputs, slopes] = [this.inputs, this.inputs];
    for (let l = 1; l < sizes.length; l++) {
      const [out, width] = [sizes[l]!, sizes[l - 1]!];
      [outputs, slopes] = [view(out * LANES), view(out * LANES)];
      const values = l === sizes.length - 1 ? outputs : view(out * LANES);
      const bytes = { raw: outputs.byteOffset, values: values.byteOffset, slopes: slopes.byteOffset };
      this.#layers.push({ out, width, offset, gate, ...bytes });
      offset += out * (width + 1);
      gate += out;
    }
    this.outputs = outputs;
    this.slopes = slopes;
  }

  forward(): void {
    const { affine, rectify } = this.#kernels;
    const [weights, gates] = [this.weights.byteOffset, this.gates.byteOffset];
    let below = this.inputs.byteOffset;
    for (const { out, width, offset, gate, raw, values } of this.#layers) {
      affine(raw, weights + 4 * offset, below, out, width);
      if (values !== raw) rectify(values, raw, gates + 4 * gate, out);
      below = values;
    }
  }

  /** Gradients of the loss with these `slopes` after the last `forward`; of the gates alone with `what` 'gates'. */
  backward(what: 'all' | 'gates' = 'all'): void {
    const { inputSlopes, rectifySlopes, weightGradient } = this.#kernels;
    const [weights, gates, gateGradient] = [this.weights, this.gates, this.gateGradient].map((view) => view.byteOffset);
    for (let l = this.#layers.length - 1; l >= 0; l--) {
      const { out, width, offset, slopes } = this.#layers[l]!;
      const below = this.#layers[l - 1];
      const values = below?.values ?? this.inputs.byteOffset;
      if (what === 'all') weightGradient(this.gradient.byteOffset + 4 * offset, slopes, values, out, width);
      if (!below) return;
      inputSlopes(below.slopes, weights! + 4 * offset, slopes, out, width);
      rectifySlopes(below.slopes, below.raw, gates! + 4 * below.gate, gateGradient! + 4 * below.gate, width);
    }
  }

  /** Euclidean norm of `gradient`. */
  gradientNorm(): number {
    return Math.sqrt(this.#kernels.squares(this.gradient.byteOffset, this.shape.weightCount));
  }

  /** weights -= rate gradient, from `start` up to `end`. */
  descend(rate: number, start = 0, end = this.shape.weightCount): void {
    const bytes = 4 * start;
    this.#kernels.descend(this.weights.byteOffset + bytes, this.gradient.byteOffset + bytes, rate, end - start);
  }

  /** The same with the gradient clipped to CLIP_NORM. */
  descendClipped(rate: number): void {
    this.descend((rate * CLIP_NORM) / Math.max(CLIP_NORM, this.gradientNorm()));
  }
}
