import { uniform32 } from '@pathfold/nets/random';
import { gradients } from '@pathfold/tensors/plan/differentiate';
import { exp, ln } from '@pathfold/tensors/plan/exact';
import { type Trace, trace } from '@pathfold/tensors/plan/trace';
import type { Plan, Tensor } from '@pathfold/tensors/plan/types';
import { adamw } from '@pathfold/tensors/primitives/adamw/adamw';
import { add } from '@pathfold/tensors/primitives/add/add';
import { crossEntropy } from '@pathfold/tensors/primitives/cross-entropy/cross-entropy';
import { matmul } from '@pathfold/tensors/primitives/matmul/matmul';
import { relu } from '@pathfold/tensors/primitives/relu/relu';
import { reshape } from '@pathfold/tensors/primitives/reshape/reshape';
import { scale } from '@pathfold/tensors/primitives/scale/scale';
import { sum } from '@pathfold/tensors/primitives/sum/sum';
import { CLASSES, DIMENSION } from './problem.ts';

/** 512 → hidden → 4 with ReLU. The first bias is the weight of the 1 at the end of each input. */
export const PARTS = ['first', 'second', 'bias'] as const;
type Parts = Readonly<Record<(typeof PARTS)[number], Float32Array>>;

/** PyTorch's: AdamW's own decay and moments, no clipping. */
const ADAMW = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01, clipNorm: 1e30 };

const shapes = (hidden: number) => ({ first: [DIMENSION + 1, hidden], second: [hidden, CLASSES], bias: [1, CLASSES] });
const sizes = (hidden: number) => ({ first: (DIMENSION + 1) * hidden, second: hidden * CLASSES, bias: CLASSES });

/** PyTorch's: uniform within 1 / sqrt(inputs), biases too. */
export function initParts(hidden: number, seed: number): Parts {
  const next = uniform32(seed);
  const draw = (length: number, inputs: number) =>
    Float32Array.from({ length }, () => ((next() + 0.5) / 2 ** 31 - 1) / Math.sqrt(inputs));
  const { first, second, bias } = sizes(hidden);
  return { first: draw(first, DIMENSION), second: draw(second, hidden), bias: draw(bias, hidden) };
}

type Weights = Readonly<Record<(typeof PARTS)[number], Tensor>>;

function logits(t: Trace, hidden: number, rows: number, flat: Weights): Tensor {
  const [first, second, bias] = PARTS.map((part) => reshape(flat[part], shapes(hidden)[part]));
  const active = relu(matmul(t.input('inputs', [rows, DIMENSION + 1]), first!));
  return add(matmul(active, second!), matmul(t.input('ones', [rows, 1]), bias!));
}

/** States first, second, bias, and AdamW's m and v of each; inputs inputs, ones, targets, rates; output loss. */
export const trainingPlan = (hidden: number, rows: number): Plan =>
  trace((t) => {
    const flat = Object.fromEntries(PARTS.map((part) => [part, t.state(part, [sizes(hidden)[part]])])) as Weights;
    const nats = crossEntropy(logits(t, hidden, rows, flat), t.input('targets', [rows], 'i32'));
    const loss = scale(sum(nats), 1 / rows);
    const rates = t.input('rates', [3]);
    const slopes = gradients(
      t,
      loss,
      PARTS.map((part) => flat[part]),
    );
    PARTS.forEach((part, i) => {
      const [m, v] = [t.state(`${part} m`, flat[part].shape), t.state(`${part} v`, flat[part].shape)];
      const next = adamw({ theta: flat[part], m, v }, slopes[i]!, rates, ADAMW);
      t.update(flat[part], next.theta);
      t.update(m, next.m);
      t.update(v, next.v);
    });
    t.output('loss', loss);
  });

/** States first, second, bias; inputs inputs, ones, targets; outputs nats [rows] and logits [rows, 4]. */
export const evaluationPlan = (hidden: number, rows: number): Plan =>
  trace((t) => {
    const flat = Object.fromEntries(PARTS.map((part) => [part, t.state(part, [sizes(hidden)[part]])])) as Weights;
    const scores = logits(t, hidden, rows, flat);
    t.output('nats', crossEntropy(scores, t.input('targets', [rows], 'i32')));
    t.output('logits', scores);
  });

/** Input `rates` of the step after `steps` others. */
export const ratesAt = (learningRate: number, steps: number): Float32Array => {
  const correction = (beta: number) => 1 / (1 - exp((steps + 1) * ln(beta)));
  return Float32Array.of(learningRate, correction(ADAMW.beta1), correction(ADAMW.beta2));
};
