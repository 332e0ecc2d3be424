import type { Tensor } from '../plan/types.ts';
import { sub } from '../primitives/arithmetic/arithmetic.ts';
import { meanOver } from '../primitives/arrange/shapes.ts';
import { type Case, type CaseInput, large, x, zeros } from '../primitives/case.ts';
import { softplus, tanh } from '../primitives/functions/functions.ts';
import { mul } from '../primitives/mul/mul.ts';
import { scale } from '../primitives/scale/scale.ts';
import { sum } from '../primitives/sum/sum.ts';
import { conv2d, conv2dTranspose, meanPool, type Sliding } from './conv.ts';
import { abs, clip, minimum, normOver, square } from './elementary.ts';
import { dense } from './layers.ts';
import { meanSquaredError, sigmoidCrossEntropy, softmaxCrossEntropy } from './losses.ts';
import { logSoftmax, logSumExp, softmax } from './softmax.ts';

const small = (...shape: number[]): CaseInput => ({ shape, scale: 0.2 });

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

const sliding: readonly Sliding[] = [
  { stride: 1, padding: 'same' },
  { stride: 1, padding: 'valid' },
  { stride: 2, padding: 'same' },
  { stride: 2, padding: 'valid' },
];
/** Square filters on images that are not, with a side that the stride does not divide. */
const convolutions = sliding.flatMap((how): Case[] => [
  {
    name: `conv2d, stride ${how.stride}, ${how.padding}`,
    inputs: [x(2, 5, 7, 3), x(3, 3, 3, 2)],
    build: ([images, filters]) => [conv2d(images!, filters!, how)],
    derivatives: 2,
  },
  {
    name: `conv2dTranspose, stride ${how.stride}, ${how.padding}`,
    inputs: [x(2, 3, 4, 2), x(3, 3, 3, 2)],
    build: ([images, filters]) => [conv2dTranspose(images!, filters!, how)],
    derivatives: 2,
  },
]);

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
  ...convolutions,
  {
    name: 'conv2d of one pixel',
    inputs: [x(1, 1, 1, 1), x(3, 3, 1, 1)],
    build: ([images, filters]) => [conv2d(images!, filters!, { stride: 2, padding: 'same' })],
    derivatives: 2,
  },
  {
    name: 'conv2d with filters of 1 x 4 over zeros and large values',
    inputs: [zeros(1, 4, 5, 1), large(1, 4, 1, 5)],
    build: ([images, filters]) => [conv2d(images!, filters!, { stride: 1, padding: 'same' })],
    derivatives: 2,
  },
  { name: 'meanPool', inputs: [x(2, 5, 4, 3)], build: ([a]) => [meanPool(mul(a!, a!), 2)], derivatives: 2 },
  {
    name: 'a net of convolutions',
    inputs: [x(2, 6, 6, 2), small(3, 3, 2, 5), small(3, 3, 5, 3)],
    build([images, first, second]) {
      const hidden = softplus(conv2d(images!, first!, { stride: 2, padding: 'same' }));
      return [meanOver(tanh(conv2d(hidden, second!, { stride: 2, padding: 'same' })), 1, 2)];
    },
    derivatives: 2,
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
