import { type Codec, type CodedModule, valuesIn } from '@pathfold/compression/codec';

/** The result of a rival of `q` for an outer gradient: the values that arrive, and their cost. */
export interface Sent {
  readonly values: Float32Array;
  readonly bytes: number;
}

/** Rivals do not write their bytes: what a lossless form of them takes is counted. */
export type Rival = (gradient: Float32Array, modules: readonly CodedModule[]) => Sent;

/** One step a module, 127 of them to its largest value. */
export const int8: Rival = (gradient, modules) => {
  const values = gradient.slice();
  let at = 0;
  for (const { parameterCount } of modules) {
    roundIn(values.subarray(at, at + parameterCount), 127);
    at += parameterCount;
  }
  return { values, bytes: valuesIn(modules) + 4 * modules.length };
};

const BLOCK = 64;
/** One step of 16 bits a block, 7 of them to its largest value. */
export const int4: Rival = (gradient) => {
  const values = gradient.slice();
  for (let at = 0; at < values.length; at += BLOCK) roundIn(values.subarray(at, at + BLOCK), 7);
  return { values, bytes: values.length / 2 + 2 * Math.ceil(values.length / BLOCK) };
};

function roundIn(values: Float32Array, levels: number): void {
  const step = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0) / levels;
  if (step > 0) for (let i = 0; i < values.length; i++) values[i] = Math.round(values[i]! / step) * step;
}

const CHUNK = 4096;
/**
 * The largest `kept` of each 4096 values (SparseLoCo, arXiv 2508.15706): 12 bits say where, 2 bits the sign and which of
 * the chunk's two magnitudes, the means of their upper and of their lower half.
 */
export const topK =
  (kept: number): Rival =>
  (gradient) => {
    const values = new Float32Array(gradient.length);
    let bits = 0;
    for (let start = 0; start < gradient.length; start += CHUNK) {
      const chunk = gradient.subarray(start, start + CHUNK);
      const count = Math.ceil((kept / CHUNK) * chunk.length);
      const order = [...chunk.keys()].sort((a, b) => Math.abs(chunk[b]!) - Math.abs(chunk[a]!)).slice(0, count);
      const half = Math.ceil(count / 2);
      for (const part of [order.slice(0, half), order.slice(half)]) {
        const mean = part.reduce((sum, i) => sum + Math.abs(chunk[i]!), 0) / Math.max(1, part.length);
        for (const i of part) values[start + i] = Math.sign(chunk[i]!) * mean;
      }
      bits += 14 * count + 64;
    }
    return { values, bytes: bits / 8 };
  };

/** A codec of the product. */
export const byCodec =
  (codec: Codec): Rival =>
  (gradient, modules) => {
    const { payload } = codec.encode(gradient, codec.init(modules), modules);
    return { values: codec.decode(payload, modules), bytes: payload.length };
  };

/**
 * Error feedback of one volunteer: what was not sent, times `decay`, comes on top of its next gradient, unless it is lost
 * (`isLost`).
 */
export function withFeedback(rival: Rival, decay: number, isLost: () => boolean): Rival {
  let residual: Float32Array | null = null;
  return (gradient, modules) => {
    const before = isLost() ? null : residual;
    const wanted = before ? gradient.map((value, i) => value + decay * before[i]!) : gradient;
    const sent = rival(wanted, modules);
    residual = wanted.map((value, i) => value - sent.values[i]!);
    return sent;
  };
}
