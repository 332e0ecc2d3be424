import { valuesIn } from '@pathfold/compression/codec';
import { q } from '@pathfold/compression/q';
import type { Coarseness } from '@pathfold/protocol/run-spec';

export interface Measured {
  readonly bytes: number;
  /** Hash of the payload: the same in Node and in a browser. */
  readonly sha256: string;
  /** Million parameters a second on one thread, best of REPETITIONS. */
  readonly encode: number;
  readonly decode: number;
}

const REPETITIONS = 7;
const REPETITION_MS = 100;

/** Encodes and decodes an outer gradient again and again. Works in Node and in a page. */
export async function measure(
  values: Float32Array,
  sizes: readonly number[],
  coarseness: Coarseness,
): Promise<Measured> {
  const modules = sizes.map((parameterCount, i) => ({ name: `${i}`, parameterCount }));
  const codec = q(coarseness);
  const state = codec.init(modules);
  const { payload } = codec.encode(values, state, modules);
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', payload.slice()));
  return {
    bytes: payload.length,
    sha256: [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join(''),
    encode: speedOf(() => codec.encode(values, state, modules), valuesIn(modules)),
    decode: speedOf(() => codec.decode(payload, modules), valuesIn(modules)),
  };
}

function speedOf(act: () => void, parameters: number): number {
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < REPETITIONS; i++) {
    const started = performance.now();
    let count = 0;
    for (; performance.now() - started < REPETITION_MS; count++) act();
    best = Math.min(best, (performance.now() - started) / count);
  }
  return Number((parameters / best / 1000).toFixed(1));
}
