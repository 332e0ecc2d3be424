import { normOver } from '@pathfold/tensors/operations/elementary';
import { dense } from '@pathfold/tensors/operations/layers';
import { meanSquaredError } from '@pathfold/tensors/operations/losses';
import { type Trace, trace } from '@pathfold/tensors/plan/trace';
import type { Plan, Tensor } from '@pathfold/tensors/plan/types';
import { add } from '@pathfold/tensors/primitives/add/add';
import { div, sub } from '@pathfold/tensors/primitives/arithmetic/arithmetic';
import { broadcast, concat, meanOver, slice } from '@pathfold/tensors/primitives/arrange/shapes';
import { tanh } from '@pathfold/tensors/primitives/functions/functions';
import { maximum } from '@pathfold/tensors/primitives/maximum/maximum';
import { mul } from '@pathfold/tensors/primitives/mul/mul';
import { reshape, stop } from '@pathfold/tensors/primitives/reshape/reshape';
import { scale, scaleBy } from '@pathfold/tensors/primitives/scale/scale';
import { fill, sum } from '@pathfold/tensors/primitives/sum/sum';

/** Tasks side by side in one plan, and points of a batch. */
export const TASKS = 25;
export const POINTS = 10;
const HIDDEN = 40;
const CLIP = 10;

/** Numbers of a task's own layers 1-40-40-1 (theta), and of the two linear warp layers 40-40 (phi). */
export const THETA = 2 * HIDDEN + HIDDEN * HIDDEN + HIDDEN + HIDDEN + 1;
export const PHI = 2 * (HIDDEN * HIDDEN + HIDDEN);

/** Theta from a normal distribution of variance 1 / inputs, biases 0. */
export function firstTheta(next: () => number): Float32Array {
  const theta = new Float32Array(THETA);
  const spread = 1 / Math.sqrt(HIDDEN);
  for (let i = 0; i < HIDDEN; i++) theta[i] = next();
  for (let i = 0; i < HIDDEN * HIDDEN; i++) theta[2 * HIDDEN + i] = next() * spread;
  for (let i = 0; i < HIDDEN; i++) theta[3 * HIDDEN + HIDDEN * HIDDEN + i] = next() * spread;
  return theta;
}

/** Warp layers that change nothing: the identity and biases 0. */
export function firstPhi(): Float32Array {
  const phi = new Float32Array(PHI);
  for (let layer = 0; layer < 2; layer++) for (let i = 0; i < HIDDEN; i++) phi[layer * (PHI / 2) + i * HIDDEN + i] = 1;
  return phi;
}

/** Answers [TASKS, points, 1] of the nets with these numbers, [TASKS, THETA] or, with warp layers, [TASKS, THETA + PHI]. */
function answers(numbers: Tensor, x: Tensor): Tensor {
  let at = 0;
  const cut = (from: number, ...shape: number[]) => {
    const size = shape.reduce((product, side) => product * side, 1);
    return reshape(slice(numbers, [0, from], [TASKS, size]), [TASKS, ...shape]);
  };
  const layer = (y: Tensor, inputs: number, outputs: number) => {
    const from = at;
    at += inputs * outputs + outputs;
    return dense(y, cut(from, inputs, outputs), cut(from + inputs * outputs, outputs));
  };
  const warp = (y: Tensor, index: number) => {
    if (numbers.shape[1] === THETA) return y;
    const from = THETA + (index * PHI) / 2;
    return dense(y, cut(from, HIDDEN, HIDDEN), cut(from + HIDDEN * HIDDEN, HIDDEN));
  };
  const first = warp(tanh(layer(x, 1, HIDDEN)), 0);
  const second = warp(tanh(layer(first, HIDDEN, HIDDEN)), 1);
  return layer(second, HIDDEN, 1);
}

/** Mean squared error of each task, [TASKS]. */
const errors = (numbers: Tensor, x: Tensor, y: Tensor): Tensor => meanSquaredError(answers(numbers, x), y, 1);

const warped = (theta: Tensor, phi: Tensor | null): Tensor =>
  phi === null ? theta : concat([theta, broadcast(reshape(phi, [1, PHI]), [TASKS, PHI])], 1);

/** The gradient of every task, clipped at norm 10. */
function slopes(t: Trace, loss: Tensor, theta: Tensor): Tensor {
  const [gradient] = t.gradients(sum(loss), [theta]) as [Tensor];
  const limit = fill(t, CLIP, [TASKS]);
  const factor = div(limit, maximum(normOver(gradient, 1), limit));
  return mul(gradient, broadcast(reshape(factor, [TASKS, 1]), gradient.shape));
}

const batch = (t: Trace, name: string): [Tensor, Tensor] => [
  t.input(`${name} x`, [TASKS, POINTS, 1]),
  t.input(`${name} y`, [TASKS, POINTS, 1]),
];

/** Which numbers a task adapts, and whether warp layers stay frozen beside them. */
export interface Form {
  readonly adapted: number;
  readonly warps: boolean;
}

/** One step of SGD on the state `theta` [TASKS, adapted]; the state `path` sums the steps' directions (Leap). */
export const stepPlan = ({ adapted, warps }: Form): Plan =>
  trace((t) => {
    const theta = t.state('theta', [TASKS, adapted]);
    const path = t.state('path', [TASKS, adapted]);
    const phi = warps ? t.state('phi', [PHI]) : null;
    const gradient = slopes(t, errors(warped(theta, phi), ...batch(t, 'task')), theta);
    t.update(theta, sub(theta, scaleBy(gradient, t.input('rate', []))));
    const size = maximum(normOver(gradient, 1), fill(t, 1e-12, [TASKS]));
    t.update(path, add(path, div(gradient, broadcast(reshape(size, [TASKS, 1]), gradient.shape))));
  });

/** Errors [TASKS] of the state `theta` on `query`. */
export const scorePlan = ({ adapted, warps }: Form, points: number): Plan =>
  trace((t) => {
    const theta = t.input('theta', [TASKS, adapted]);
    const phi = warps ? t.input('phi', [PHI]) : null;
    const [x, y] = [t.input('query x', [TASKS, points, 1]), t.input('query y', [TASKS, points, 1])];
    t.output('errors', errors(warped(theta, phi), x, y));
  });

/**
 * The gradient in phi of the loss on `query` after one step on `task` from `theta` (Flennerhag et al. 2020, section 3).
 * `exact` differentiates the step too, by one mixed second derivative; otherwise the point it leads to is a constant.
 */
export const warpPlan = (rate: number, exact: boolean): Plan =>
  trace((t) => {
    const theta = t.input('theta', [TASKS, THETA]);
    const phi = t.input('phi', [PHI]);
    const ahead = sub(theta, scale(slopes(t, errors(warped(theta, phi), ...batch(t, 'task')), theta), rate));
    const loss = meanOver(errors(warped(exact ? ahead : stop(ahead), phi), ...batch(t, 'query')), 0);
    t.output('gradient', t.gradients(loss, [phi])[0]!);
  });

/** MAML's gradient (Finn et al. 2017) in the start, through all `steps` on `task`. */
export const mamlPlan = (rate: number, steps: number): Plan =>
  trace((t) => {
    const start = t.input('theta', [THETA]);
    const [x, y] = batch(t, 'task');
    let theta = broadcast(reshape(start, [1, THETA]), [TASKS, THETA]);
    for (let step = 0; step < steps; step++) theta = sub(theta, scale(slopes(t, errors(theta, x, y), theta), rate));
    t.output('gradient', t.gradients(meanOver(errors(theta, ...batch(t, 'query')), 0), [start])[0]!);
  });
