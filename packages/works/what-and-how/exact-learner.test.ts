import { gaussian, seedFor, uniform32 } from '@pathfold/nets/random';
import { expect, test } from 'vitest';
import { Net } from '../exact/net.ts';
import { POINTS } from '../exact/sinusoid.ts';
import { firstState, Learner, type LearnerState, SHAPE } from './exact-learner.ts';
import { type StreamBatch, streamOf } from './exact-stream.ts';
import { BGD_DRAWS, LearnerSpec, StreamSpec } from './task.ts';

const SEED = 3;
const CLIP_NORM = 10;
const batchAt = streamOf(StreamSpec.parse({ tasks: 3, stay: 8 }), SEED, 0);
const [before, batch] = [batchAt(0), batchAt(1)];
const copyOf = (state: LearnerState): LearnerState => structuredClone(state);

/** Mean squared error with these weights and gates; its slopes stay in the net. */
function lossOf(net: Net, { inputs, targets }: StreamBatch): number {
  net.inputs.set(inputs);
  net.forward();
  net.slopes.fill(0);
  let loss = 0;
  for (let e = 0; e < POINTS; e++) {
    const error = net.outputs[e]! - targets[e]!;
    net.slopes[e] = (2 * error) / POINTS;
    loss += error ** 2 / POINTS;
  }
  return loss;
}

test('a step of the context goes down the gradient through the sigmoid gates, by finite differences', () => {
  const state = firstState(LearnerSpec.parse({ method: 'context' }), SEED, 3);
  const rate = 0.5;
  const contextAfter = (inferenceSteps: number) => {
    const spec = LearnerSpec.parse({ method: 'context', inferenceSteps, inferenceRate: rate });
    const learner = new Learner(spec, SEED, copyOf(state));
    learner.meet(batch, before, 1);
    return Float64Array.from(learner.context);
  };
  const net = new Net(SHAPE);
  net.weights.set(state.theta);
  const lossAt = (logits: Float64Array) => {
    logits.forEach((logit, g) => {
      net.gates[g] = 1 / (1 + Math.exp(-logit));
    });
    return lossOf(net, before);
  };
  const step = 2 ** -9;
  for (const steps of [0, 1, 2]) {
    const [from, to] = [contextAfter(steps), contextAfter(steps + 1)];
    const slopes = from.map((_, g) => {
      const at = (by: number) => lossAt(from.map((logit, other) => (other === g ? logit + by : logit)));
      return (at(step) - at(-step)) / (2 * step);
    });
    const norm = Math.hypot(...slopes);
    const clipped = (rate * CLIP_NORM) / Math.max(CLIP_NORM, norm);
    slopes.forEach((slope, g) => {
      expect(Math.abs(from[g]! - clipped * slope - to[g]!), `gate ${g}`).toBeLessThan(
        0.02 * clipped * Math.max(0.1 * norm, 0.01),
      );
    });
    expect(norm).toBeGreaterThan(0.1);
  }
});

/** A step of Bayesian gradient descent from this deviation of all weights. */
function stepped(sigma: number, learningRate: number) {
  const state = firstState(LearnerSpec.parse({ method: 'plain', optimizer: 'bgd' }), SEED, 3);
  state.m.fill(sigma);
  const after = copyOf(state);
  new Learner({ ...LearnerSpec.parse({ method: 'plain', optimizer: 'bgd' }), learningRate }, SEED, after).meet(
    batch,
    before,
    4,
  );
  return { state, after };
}

/** The gradient of the summed loss, clipped as the study says. */
function gradientAt(net: Net): Float64Array {
  lossOf(net, batch);
  net.backward();
  const scale = (POINTS * CLIP_NORM) / Math.max(CLIP_NORM, net.gradientNorm());
  return Float64Array.from(net.gradient, (slope) => scale * slope);
}

test('with a tiny deviation Bayesian gradient descent is gradient descent of rate eta sigma squared', () => {
  const sigma = 2 ** -24;
  const { state, after } = stepped(sigma, 0.01 / sigma ** 2);
  const net = new Net(SHAPE);
  net.weights.set(state.theta);
  const gradient = gradientAt(net);
  const largest = gradient.reduce((most, slope) => Math.max(most, Math.abs(slope)), 0);
  expect(largest).toBeGreaterThan(1);
  gradient.forEach((slope, i) => {
    expect(Math.abs(state.theta[i]! - 0.01 * slope - after.theta[i]!), `weight ${i}`).toBeLessThan(
      1e-3 * 0.01 * largest,
    );
  });
});

test('deviations follow sigma sqrt(1 + (sigma E[g eps] / 2)^2) - sigma^2 E[g eps] / 2', () => {
  const sigma = 0.06;
  const { state, after } = stepped(sigma, 1);
  const table = Float32Array.from({ length: 2 ** 18 }, gaussian(seedFor(0, 'noise')));
  const next = uniform32(seedFor(SEED, 'draws 4'));
  const count = SHAPE.weightCount;
  const [mean, spread] = [new Float64Array(count), new Float64Array(count)];
  const net = new Net(SHAPE);
  for (let draw = 0; draw < BGD_DRAWS; draw++) {
    const from = next() % (table.length - count);
    const noise = table.subarray(from, from + count);
    noise.forEach((epsilon, i) => {
      net.weights[i] = state.theta[i]! + state.m[i]! * epsilon;
    });
    gradientAt(net).forEach((slope, i) => {
      mean[i]! += slope / BGD_DRAWS;
      spread[i]! += (slope * noise[i]!) / BGD_DRAWS;
    });
  }
  let moved = 0;
  spread.forEach((value, i) => {
    const s = state.m[i]!;
    const expected = s * Math.sqrt(1 + ((s * value) / 2) ** 2) - (s ** 2 * value) / 2;
    expect(after.m[i]).toBeCloseTo(expected, 6);
    expect(after.theta[i]).toBeCloseTo(state.theta[i]! - s ** 2 * mean[i]!, 5);
    moved = Math.max(moved, Math.abs(after.m[i]! / s - 1));
  });
  expect(moved).toBeGreaterThan(0.01);
});
