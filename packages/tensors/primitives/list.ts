import type { Primitive } from '../plan/primitive.ts';
import { adamwPrimitive } from './adamw/adamw.ts';
import { addPrimitive } from './add/add.ts';
import { divPrimitive, shiftPrimitive, subPrimitive } from './arithmetic/arithmetic.ts';
import { accumulatePrimitive, arrangePrimitive } from './arrange/arrange.ts';
import { causalAttentionGradPrimitive, causalAttentionPrimitive } from './causal-attention/causal-attention.ts';
import { crossEntropyGradPrimitive, crossEntropyPrimitive } from './cross-entropy/cross-entropy.ts';
import { embeddingGradPrimitive, embeddingPrimitive } from './embedding/embedding.ts';
import { functionPrimitives } from './functions/functions.ts';
import { largestPrimitive } from './largest/largest.ts';
import { matmulPrimitive } from './matmul/matmul.ts';
import { maximumPrimitive } from './maximum/maximum.ts';
import { mulPrimitive } from './mul/mul.ts';
import { packPrimitive, unpackPrimitive } from './pack/pack.ts';
import { reluPrimitive, stepPrimitive } from './relu/relu.ts';
import { reshapePrimitive, stopPrimitive } from './reshape/reshape.ts';
import { rmsNormGradPrimitive, rmsNormPrimitive } from './rms-norm/rms-norm.ts';
import { ropePrimitive } from './rope/rope.ts';
import { scaleByPrimitive, scalePrimitive } from './scale/scale.ts';
import { expandPrimitive, fillPrimitive, sumPrimitive } from './sum/sum.ts';
import { swigluGradPrimitive, swigluPrimitive } from './swiglu/swiglu.ts';

/** Every primitive there is: a new one is its folder and its line here. */
const all: readonly Primitive[] = [
  accumulatePrimitive,
  adamwPrimitive,
  addPrimitive,
  arrangePrimitive,
  causalAttentionPrimitive,
  causalAttentionGradPrimitive,
  crossEntropyPrimitive,
  crossEntropyGradPrimitive,
  divPrimitive,
  embeddingPrimitive,
  embeddingGradPrimitive,
  expandPrimitive,
  fillPrimitive,
  ...functionPrimitives,
  largestPrimitive,
  matmulPrimitive,
  maximumPrimitive,
  mulPrimitive,
  packPrimitive,
  reluPrimitive,
  reshapePrimitive,
  rmsNormPrimitive,
  rmsNormGradPrimitive,
  ropePrimitive,
  scalePrimitive,
  scaleByPrimitive,
  shiftPrimitive,
  stepPrimitive,
  stopPrimitive,
  subPrimitive,
  sumPrimitive,
  swigluPrimitive,
  swigluGradPrimitive,
  unpackPrimitive,
];

export const primitives: ReadonlyMap<string, Primitive> = new Map(all.map((primitive) => [primitive.name, primitive]));
