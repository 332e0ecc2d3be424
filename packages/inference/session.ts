/** The only door to ONNX Runtime: no other file imports it. */
import { env, InferenceSession, Tensor } from 'onnxruntime-web/wasm';

export interface SessionOptions {
  /** Folder that serves `ort-wasm-simd-threaded.{mjs,wasm}`, such as `/ort/`. Node finds them by itself. */
  runtimeUrl?: string;
}

/** Keys and values of the positions so far, by the names of the graph's inputs. */
export interface Cache {
  readonly length: number;
  readonly tensors: Readonly<Record<string, Tensor>>;
}

export interface Step {
  /** Logits of the given tokens, [T, vocabulary], row-major. */
  logits_TV: Float32Array;
  vocabulary: number;
  /** Cache that includes the given tokens; empty for a graph without one. */
  cache: Cache;
}

/** An exported path, with or without a cache, ready to compute. Await one call before the next. */
export interface PathSession {
  /** An empty cache: the beginning of a context. */
  readonly start: Cache;
  /** Computes T further tokens after those in `cache`; past and new ones together must fit the context. */
  run(ids: readonly number[], cache: Cache): Promise<Step>;
  release(): Promise<void>;
}

const configure = ({ runtimeUrl }: SessionOptions): void => {
  if (runtimeUrl) env.wasm.wasmPaths = runtimeUrl;
  // Threads need shared memory, which a page has only when it is isolated; a server's other cores belong to its volunteers.
  env.wasm.numThreads = globalThis.crossOriginIsolated ? Math.min(4, navigator.hardwareConcurrency) : 1;
  env.logLevel = 'error';
};

const emptyTensor = (metadata: InferenceSession.ValueMetadata): Tensor => {
  if (!metadata.isTensor) throw new Error(`${metadata.name} is not a tensor`);
  const shape = metadata.shape.map((size) => (size === 'batch' ? 1 : typeof size === 'number' ? size : 0));
  return new Tensor('float32', new Float32Array(0), shape);
};

const inputIds = (ids: readonly number[]): Tensor =>
  new Tensor('int64', BigInt64Array.from(ids, BigInt), [1, ids.length]);

/** Loads the bytes of an exported path (`pathOnnx`). Throws what ONNX Runtime throws when they are not a model. */
export const openSession = async (onnx: Uint8Array, options: SessionOptions = {}): Promise<PathSession> => {
  configure(options);
  const session = await InferenceSession.create(onnx, { executionProviders: ['wasm'] });
  const pastInputs = session.inputMetadata.filter(({ name }) => name.startsWith('past_key_values.'));
  return {
    start: { length: 0, tensors: Object.fromEntries(pastInputs.map((input) => [input.name, emptyTensor(input)])) },
    async run(ids, cache) {
      const outputs = await session.run({ input_ids: inputIds(ids), ...cache.tensors });
      const logits = outputs['logits'] as Tensor;
      const present = pastInputs.map(({ name }) => [
        name,
        outputs[name.replace('past_key_values', 'present')] as Tensor,
      ]);
      return {
        logits_TV: logits.data as Float32Array,
        vocabulary: logits.dims[2]!,
        cache: { length: cache.length + ids.length, tensors: Object.fromEntries(present) },
      };
    },
    release: () => session.release(),
  };
};

/** The graph of a base's features (`featuresOnnx`), ready to compute. Await one call before the next. */
export interface FeatureSession {
  /** The feature [width] of the tokens of a prefix: at least one, at most the base's context. */
  feature(ids: readonly number[]): Promise<Float32Array>;
  release(): Promise<void>;
}

/** Throws what ONNX Runtime throws when the bytes are not a model. */
export const openFeatures = async (onnx: Uint8Array, options: SessionOptions = {}): Promise<FeatureSession> => {
  configure(options);
  const session = await InferenceSession.create(onnx, { executionProviders: ['wasm'] });
  return {
    async feature(ids) {
      const { feature } = await session.run({ input_ids: inputIds(ids) });
      return feature!.data as Float32Array;
    },
    release: () => session.release(),
  };
};
