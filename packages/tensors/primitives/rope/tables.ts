import { exp, ln, sinCos } from '../../plan/exact.ts';
import type { RopeAttributes } from './attributes.ts';

/** Cosines and sines [context, headWidth / 2], equal in every JavaScript engine. */
export const ropeTables = ({ context, headWidth, base }: Pick<RopeAttributes, 'context' | 'headWidth' | 'base'>) => {
  const half = headWidth / 2;
  const cos = new Float32Array(context * half);
  const sin = new Float32Array(context * half);
  for (let i = 0; i < half; i++) {
    const frequency = exp((-i / half) * ln(base));
    for (let t = 0; t < context; t++) {
      const turn = sinCos(t * frequency);
      cos[t * half + i] = turn.cos;
      sin[t * half + i] = turn.sin;
    }
  }
  return { cos, sin };
};
