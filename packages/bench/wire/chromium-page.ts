import type { Coarseness } from '@pathfold/protocol/run-spec';
import { type Measured, measure } from './speed.ts';

/** Measures values that come as the base64 of their float32 bytes. */
const measureBase64 = (base64: string, sizes: readonly number[], coarseness: Coarseness): Promise<Measured> => {
  const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
  return measure(new Float32Array(bytes.buffer), sizes, coarseness);
};

Object.assign(window, { measure: measureBase64 });
