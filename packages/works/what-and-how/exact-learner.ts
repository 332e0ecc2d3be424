import { gaussian, seedFor, uniform32 } from '@pathfold/nets/random';
import { exp } from '@pathfold/tensors/plan/exact';
import { adam } from '../exact/adam.ts';
import { CLIP_NORM, drawWeights, Net, netShape } from '../exact/net.ts';
import { POINTS, squaredError } from '../exact/sinusoid.ts';
import type { StreamBatch } from './exact-stream.ts';
import { BGD_DRAWS, type LearnerSpec } from './task.ts';

export const SHAPE = netShape([1, 100, 100, 1]);
/** First deviation of a weight in Bayesian gradient descent (Zeno et al. 2018). */
const FIRST_SIGMA = 0.06;
/** Its noise is cut out of these normal numbers, as by Salimans et al. (2017): drawing new ones would cost more than the gradients. */
const NOISE = Float32Array.from({ length: 2 ** 18 }, gaussian(seedFor(0, 'noise')));

/** The state that a part hands to the next one. */
export interface LearnerState {
  readonly theta: Float32Array;
  /** Moments of Adam; of Bayesian gradient descent the deviations, and nothing. */
  readonly m: Float32Array;
  readonly v: Float32Array;
  /** The oracle's contexts, one for each task [tasks, gates]. */
  readonly contexts: Float32Array;
}

/** Weights and biases of variance 2 / inputs (He et al. 2015): with less, gates hardly move the outputs. */
export function firstState({ optimizer }: LearnerSpec, seed: number, tasks: number): LearnerState {
  const theta = drawWeights(SHAPE, seed, (width) => Math.sqrt(2 / width));
  const m = new Float32Array(theta.length).fill(optimizer === 'bgd' ? FIRST_SIGMA : 0);
  return { theta, m, v: new Float32Array(theta.length), contexts: new Float32Array(tasks * SHAPE.gateCount) };
}

/** Learns from batch after batch; each is predicted before it is learnt from. */
export class Learner {
  readonly state: LearnerState;
  /** [gateCount]: the logits that the last batch was predicted with. */
  readonly context = new Float32Array(SHAPE.gateCount);
  readonly #spec: LearnerSpec;
  readonly #seed: number;
  readonly #net = new Net(SHAPE);

  constructor(spec: LearnerSpec, seed: number, state: LearnerState) {
    this.#spec = spec;
    this.#seed = seed;
    this.state = state;
  }

  /** Mean squared error of the prediction of `batch`, made knowing `before` alone; then learns. `at`: place in the stream, from 0. */
  meet(batch: StreamBatch, before: StreamBatch | null, at: number): number {
    const net = this.#net;
    const { method, weightSteps } = this.#spec;
    net.weights.set(this.state.theta);
    if (method === 'context') this.#infer(before);
    if (method === 'oracle') this.#gate(this.#own(batch.task));
    if (method === 'adapt' || method === 'maml') this.#adapt(before);
    const loss = squaredError(net, batch);
    if (method === 'adapt') net.weights.set(this.state.theta);
    for (let step = 0; step < weightSteps; step++) this.#learn(batch, at * weightSteps + step);
    return loss;
  }

  /** Context from the last batch, from nothing each time: c = 0, then steps down its loss. */
  #infer(before: StreamBatch | null): void {
    this.context.fill(0);
    for (let step = 0; before && step < this.#spec.inferenceSteps; step++) {
      this.#gate(this.context);
      squaredError(this.#net, before);
      this.#net.backward('gates');
      this.#stepContext(this.context);
    }
    this.#gate(this.context);
  }

  #gate(logits: Float32Array): void {
    for (let i = 0; i < logits.length; i++) this.#net.gates[i] = sigmoid(logits[i]!);
  }

  /** One clipped step of logits along the gradient of the gates. */
  #stepContext(logits: Float32Array): void {
    const { gates, gateGradient } = this.#net;
    const slopes = Float64Array.from(gates, (gate, i) => gate * (1 - gate) * gateGradient[i]!);
    const norm = Math.sqrt(slopes.reduce((sum, slope) => sum + slope * slope, 0));
    const rate = (this.#spec.inferenceRate * CLIP_NORM) / Math.max(CLIP_NORM, norm);
    for (let i = 0; i < logits.length; i++) logits[i] = logits[i]! - rate * slopes[i]!;
  }

  #own(task: number): Float32Array {
    return this.state.contexts.subarray(task * SHAPE.gateCount, (task + 1) * SHAPE.gateCount);
  }

  #adapt(before: StreamBatch | null): void {
    const net = this.#net;
    for (let step = 0; before && step < this.#spec.inferenceSteps; step++) {
      squaredError(this.#net, before);
      net.backward();
      net.descendClipped(this.#spec.inferenceRate);
    }
  }

  #learn(batch: StreamBatch, step: number): void {
    const [net, { theta }] = [this.#net, this.state];
    if (this.#spec.optimizer === 'bgd') this.#learnBayesian(batch, step);
    else {
      if (step % this.#spec.weightSteps > 0) net.weights.set(theta);
      squaredError(this.#net, batch);
      net.backward();
      adam(theta, net.gradient, this.state, step + 1, this.#spec.learningRate);
    }
    if (this.#spec.method === 'oracle') this.#stepContext(this.#own(batch.task));
  }

  /** Weights are mu + sigma epsilon: mu -= eta sigma^2 E[g]; sigma *= sqrt(1 + (sigma E[g eps] / 2)^2) - sigma E[g eps] / 2. */
  #learnBayesian(batch: StreamBatch, step: number): void {
    const net = this.#net;
    const { weights, gradient } = net;
    const { theta: mu, m: sigma } = this.state;
    const mean = new Float64Array(mu.length);
    const spread = new Float64Array(mu.length);
    const next = uniform32(seedFor(this.#seed, `draws ${step}`));
    for (let draw = 0; draw < BGD_DRAWS; draw++) {
      const from = next() % (NOISE.length - mu.length);
      const noise = NOISE.subarray(from, from + mu.length);
      for (let i = 0; i < mu.length; i++) weights[i] = mu[i]! + sigma[i]! * noise[i]!;
      squaredError(this.#net, batch);
      net.backward();
      const scale = (POINTS * CLIP_NORM) / Math.max(CLIP_NORM, net.gradientNorm()) / BGD_DRAWS;
      for (let i = 0; i < mu.length; i++) {
        const slope = scale * gradient[i]!;
        mean[i]! += slope;
        spread[i]! += slope * noise[i]!;
      }
    }
    const rate = this.#spec.learningRate;
    for (let i = 0; i < mu.length; i++) {
      const half = 0.5 * sigma[i]! * spread[i]!;
      mu[i] = mu[i]! - rate * sigma[i]! * sigma[i]! * mean[i]!;
      sigma[i] = sigma[i]! * (Math.sqrt(1 + half * half) - half);
    }
  }
}

export const sigmoid = (logit: number): number => 1 / (1 + exp(-Math.max(-60, Math.min(60, logit))));
