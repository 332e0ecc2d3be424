import type { Tensor } from '../plan/types.ts';
import { sub } from '../primitives/arithmetic/arithmetic.ts';
import { type Case, large, x, zeros } from '../primitives/case.ts';
import { tanh } from '../primitives/functions/functions.ts';
import { mul } from '../primitives/mul/mul.ts';
import { scale } from '../primitives/scale/scale.ts';
import { sum } from '../primitives/sum/sum.ts';
import { abs, clip, minimum, normOver, square } from './elementary.ts';
import { dense } from './layers.ts';
import { meanSquaredError, sigmoidCrossEntropy, softmaxCrossEntropy } from './losses.ts';
import { logSoftmax, logSumExp, softmax } from './softmax.ts';

/** A net with one hidden layer of tanh. */
const net: Case['build'] = ([a, w1, b1, w2, b2]) => [dense(tanh(dense(a!, w1!, b1!)), w2!, b2!)];
/** The loss of the net after two steps down its gradient: MAML's (Finn et al. 2017). */
const afterSteps: Case['build'] = ([a, labels, ...weights]) => {
  const loss = (w: readonly Tensor[]): Tensor => sum(softmaxCrossEntropy(net([a!, ...w])[0]!, softmax(labels!)));
  let w: readonly Tensor[] = weights;
  for (let step = 0; step < 2; step++) {
    const slopes = a!.trace.gradients(loss(w), w);
    w = w.map((each, i) => sub(each, scale(slopes[i]!, 0.1)));
  }
  return [loss(w)];
};
const crossEntropy: Case['build'] = ([logits, labels]) => [softmaxCrossEntropy(logits!, softmax(labels!))];

export const cases: Case[] = [
  { name: 'a net of two layers', inputs: [x(5, 3), x(3, 7), x(7), x(7, 2), x(2)], build: net, derivatives: 2 },
  {
    name: 'three nets side by side',
    inputs: [x(3, 5, 2), x(3, 2, 9), x(3, 9), x(3, 9, 1), x(3, 1)],
    build: net,
    derivatives: 2,
  },
  {
    name: 'a net after two steps',
    inputs: [x(3, 2), x(3, 4), x(2, 5), x(5), x(5, 4), x(4)],
    build: afterSteps,
    derivatives: 1,
  },
  { name: 'abs', inputs: [x(2, 5)], build: ([a]) => [mul(abs(a!), a!)], derivatives: 2 },
  { name: 'minimum', inputs: [x(7), x(7)], build: ([a, b]) => [minimum(square(a!), b!)], derivatives: 2 },
  { name: 'clip', inputs: [x(3, 5)], build: ([a]) => [mul(clip(a!, -0.45, 0.6), a!)], derivatives: 2 },
  { name: 'normOver rows', inputs: [x(3, 5)], build: ([a]) => [normOver(a!, 1)], derivatives: 2 },
  { name: 'logSumExp', inputs: [x(3, 5)], build: ([a]) => [logSumExp(a!)], derivatives: 2 },
  { name: 'logSumExp of one', inputs: [x(2, 1)], build: ([a]) => [logSumExp(a!)], derivatives: 2 },
  { name: 'logSumExp of large values', inputs: [large(2, 3, 7)], build: ([a]) => [logSumExp(a!)], derivatives: 2 },
  { name: 'logSoftmax', inputs: [x(2, 3, 5)], build: ([a]) => [logSoftmax(a!)], derivatives: 2 },
  { name: 'softmax', inputs: [x(3, 7)], build: ([a]) => [softmax(a!)], derivatives: 2 },
  { name: 'softmax of zeros', inputs: [zeros(2, 5)], build: ([a]) => [softmax(a!)], derivatives: 2 },
  { name: 'softmaxCrossEntropy', inputs: [x(5, 3), x(5, 3)], build: crossEntropy, derivatives: 2 },
  { name: 'softmaxCrossEntropy of large logits', inputs: [large(2, 7), x(2, 7)], build: crossEntropy, derivatives: 2 },
  {
    name: 'sigmoidCrossEntropy',
    inputs: [x(3, 5), x(3, 5)],
    build: ([logits, labels]) => [sigmoidCrossEntropy(logits!, labels!)],
    derivatives: 2,
  },
  {
    name: 'meanSquaredError of each of three',
    inputs: [x(3, 5, 2), x(3, 5, 2)],
    build: ([y, target]) => [meanSquaredError(y!, target!, 1)],
    derivatives: 2,
  },
  {
    name: 'meanSquaredError',
    inputs: [x(7), zeros(7)],
    build: ([y, target]) => [meanSquaredError(y!, target!)],
    derivatives: 2,
  },
];
