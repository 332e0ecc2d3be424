import { seedFor } from '@pathfold/nets/random';
import { type AdamState, adam } from '../exact/adam.ts';
import { Net } from '../exact/net.ts';
import { initialWeights } from './exact-genome.ts';
import { domainOf } from './exact-life.ts';
import { DESCENT_TASKS, type LifeSpec } from './task.ts';

/** Rates of the lessons and of Adam (Finn et al. 2017, section 5.1). */
export const INNER_RATE = 0.01;
const OUTER_RATE = 0.001;

export interface DescentState extends AdamState {
  readonly theta: Float32Array;
}

/** The initial weights that first-order MAML begins with. */
export function firstDescent(life: LifeSpec, seed: number): DescentState {
  const theta = initialWeights(domainOf(life).shape, seed);
  return { theta, m: new Float32Array(theta.length), v: new Float32Array(theta.length) };
}

/**
 * First-order MAML: outer steps `from` up to `to`, in place. The meta-gradient is that of the query loss at the learnt
 * weights, averaged over the tasks, as if it were that at the initial ones. Yields after each step its mean query loss.
 */
export function* descend(
  life: LifeSpec,
  seed: number,
  state: DescentState,
  { from, to }: { readonly from: number; readonly to: number },
): Generator<number> {
  const { shape, situation } = domainOf(life);
  const net = new Net(shape);
  const gradient = new Float32Array(shape.weightCount);
  for (let step = from; step < to; step++) {
    gradient.fill(0);
    let loss = 0;
    for (let task = 0; task < DESCENT_TASKS; task++) {
      const { learn, test } = situation(seedFor(seed, `descent ${step} ${task}`));
      net.weights.set(state.theta);
      for (let lesson = 0; lesson < life.lessons; lesson++) {
        learn(net, lesson);
        net.descendClipped(INNER_RATE);
      }
      loss += test(net) / DESCENT_TASKS;
      for (let i = 0; i < gradient.length; i++) gradient[i]! += net.gradient[i]! / DESCENT_TASKS;
    }
    adam(state.theta, gradient, state, step + 1, OUTER_RATE);
    yield loss;
  }
}
