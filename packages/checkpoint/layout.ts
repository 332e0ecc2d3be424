import type { LlamaShape } from '@pathfold/nets/llama-shape';
import { PathfoldError } from '@pathfold/protocol/errors';
import { type Shape, sizeOf } from '@pathfold/tensors/plan/types';

/**
 * The blob of a module: float32, little-endian, its tensors one after another, each row-major; no header and no padding.
 * The host must be little-endian.
 */

/** One tensor of a module: where it lies, and how it begins: normal with this mean and deviation. */
export interface TensorShape {
  readonly name: string;
  readonly shape: Shape;
  /** Offset of its first value, in values from the module's first. */
  readonly offset: number;
  readonly mean: number;
  readonly deviation: number;
}

/** A named group of parameters that is trained, versioned and sent as one. */
export interface ModuleShape {
  /** `embedding`, `level0.0` (level.expert), ..., `head`. */
  readonly name: string;
  readonly tensors: readonly TensorShape[];
  readonly parameterCount: number;
}

const PARAMETER_BYTES = Float32Array.BYTES_PER_ELEMENT;

/** Size of the blob of a module, or of a whole path. */
export const blobBytes = ({ parameterCount }: Pick<ModuleShape, 'parameterCount'>): number =>
  PARAMETER_BYTES * parameterCount;

/** Parameters as a blob; shares memory with them. */
export const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

/** The parameters in a blob, in memory of their own. Throws PathfoldError `wrong_size` when they are not whole. */
export const floatsOf = (blob: Uint8Array): Float32Array<ArrayBuffer> => {
  if (blob.byteLength % PARAMETER_BYTES !== 0)
    throw new PathfoldError('wrong_size', `${blob.byteLength} bytes are no whole float32 values`);
  return new Float32Array(new Uint8Array(blob).buffer);
};

type Unplaced = Omit<TensorShape, 'offset'>;

const DEVIATION = 0.05;

/** SwiGLU hidden width F: 8/3 of the model's, rounded up to a multiple of 8. */
export const hiddenWidth = (width: number): number => 8 * Math.ceil(width / 3);

const gain = (name: string, width: number): Unplaced => ({ name, shape: [width], mean: 1, deviation: 0 });
const weight = (name: string, rows: number, columns: number, deviation = DEVIATION): Unplaced => ({
  name,
  shape: [rows, columns],
  mean: 0,
  deviation,
});

/**
 * The canonical order of a block's tensors; every reader and writer of modules follows it. Matrices are stored
 * [in, out]. `block` counts along the whole path. The products that end a residual branch begin smaller.
 *
 * - qkv [D, 3D]: queries, keys, values side by side, each `heads` stretches of D / heads columns.
 * - gateUp [D, 2F]: gate and up side by side.
 */
const blockTensors = ({ width, blocks }: LlamaShape, block: number): Unplaced[] => {
  const hidden = hiddenWidth(width);
  const ending = DEVIATION / Math.sqrt(2 * blocks);
  const name = (tensor: string) => `block${block}.${tensor}`;
  return [
    gain(name('attentionNorm'), width),
    weight(name('qkv'), width, 3 * width),
    weight(name('attentionOut'), width, width, ending),
    gain(name('mlpNorm'), width),
    weight(name('gateUp'), width, 2 * hidden),
    weight(name('down'), hidden, width, ending),
  ];
};

const placed = (name: string, tensors: readonly Unplaced[]): ModuleShape => {
  let parameterCount = 0;
  const at = tensors.map((tensor): TensorShape => {
    const offset = parameterCount;
    parameterCount += sizeOf(tensor.shape);
    return { ...tensor, offset };
  });
  return { name, tensors: at, parameterCount };
};

export const embeddingModule = (name: string, { vocabulary, width }: LlamaShape): ModuleShape =>
  placed(name, [weight('tokens', vocabulary, width)]);

/** An expert of a level: blocks `first` to `first + count - 1` of its path. */
export const levelModule = (name: string, model: LlamaShape, first: number, count: number): ModuleShape =>
  placed(name, Array.from({ length: count }, (_, i) => blockTensors(model, first + i)).flat());

/** A tied head has no matrix: it is the embedding's, transposed. */
export const headModule = (name: string, { vocabulary, width, tied }: LlamaShape): ModuleShape =>
  placed(name, [gain('finalNorm', width), ...(tied ? [] : [weight('output', width, vocabulary)])]);
