import type { Primitive } from '../plan/primitive.ts';
import { adamwPrimitive } from './adamw/adamw.ts';
import { addPrimitive } from './add/add.ts';
import { causalAttentionGradPrimitive, causalAttentionPrimitive } from './causal-attention/causal-attention.ts';
import { crossEntropyGradPrimitive, crossEntropyPrimitive } from './cross-entropy/cross-entropy.ts';
import { embeddingGradPrimitive, embeddingPrimitive } from './embedding/embedding.ts';
import { matmulPrimitive } from './matmul/matmul.ts';
import { mulPrimitive } from './mul/mul.ts';
import { packPrimitive, unpackPrimitive } from './pack/pack.ts';
import { rmsNormGradPrimitive, rmsNormPrimitive } from './rms-norm/rms-norm.ts';
import { ropePrimitive } from './rope/rope.ts';
import { scaleByPrimitive, scalePrimitive } from './scale/scale.ts';
import { expandPrimitive, fillPrimitive, sumPrimitive } from './sum/sum.ts';
import { swigluGradPrimitive, swigluPrimitive } from './swiglu/swiglu.ts';

/** Every primitive there is: a new one is its folder and its line here. */
const all: readonly Primitive[] = [
  adamwPrimitive,
  addPrimitive,
  causalAttentionPrimitive,
  causalAttentionGradPrimitive,
  crossEntropyPrimitive,
  crossEntropyGradPrimitive,
  embeddingPrimitive,
  embeddingGradPrimitive,
  expandPrimitive,
  fillPrimitive,
  matmulPrimitive,
  mulPrimitive,
  packPrimitive,
  rmsNormPrimitive,
  rmsNormGradPrimitive,
  ropePrimitive,
  scalePrimitive,
  scaleByPrimitive,
  sumPrimitive,
  swigluPrimitive,
  swigluGradPrimitive,
  unpackPrimitive,
];

export const primitives: ReadonlyMap<string, Primitive> = new Map(all.map((primitive) => [primitive.name, primitive]));
