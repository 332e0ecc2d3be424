import { gaussian, seedFor } from '@pathfold/nets/random';
import { expect, test } from 'vitest';
import { LANES, Net } from '../exact/net.ts';
import { uniform } from '../exact/random.ts';
import { initialWeights } from './exact-genome.ts';
import { pointMass } from './exact-point-mass.ts';

const SEED = 5;
const [EPISODES, STEPS, SIGMA] = [5, 10, 0.5];

function netAt(weights: Float32Array): Net {
  const net = new Net(pointMass.shape);
  net.weights.set(weights);
  return net;
}

/** The policy's mean action for one state. */
function meanOf(net: Net, [velocity, reward]: readonly [number, number]): number {
  net.inputs.fill(0);
  net.inputs[0] = velocity;
  net.inputs[LANES] = reward;
  net.forward();
  return net.outputs[0]!;
}

interface Step {
  readonly state: readonly [number, number];
  readonly action: number;
  readonly reward: number;
}

/** The episodes of a lesson, played by hand: [episode][step]. Noise is drawn step by step. */
function episodesOf(net: Net, noise: () => number): Step[][] {
  const goal = 4 * uniform(seedFor(SEED, 'goal'))() - 2;
  const episodes: Step[][] = Array.from({ length: EPISODES }, () => []);
  const states: [number, number][] = episodes.map(() => [0, 0]);
  for (let step = 0; step < STEPS; step++)
    states.forEach((state, e) => {
      const action = meanOf(net, state) + SIGMA * noise();
      const velocity = state[0] + Math.min(1, Math.max(-1, action));
      const reward = -Math.abs(velocity - goal);
      episodes[e]!.push({ state: [...state], action, reward });
      states[e] = [velocity, reward];
    });
  return episodes;
}

const togoOf = (episode: readonly Step[], step: number) =>
  episode.slice(step).reduce((sum, { reward }) => sum + reward, 0);

/** Minus the log-likelihood of what was done, weighed by the return from there on less its mean: its slope is REINFORCE. */
function surrogate(net: Net, episodes: readonly Step[][]): number {
  let sum = 0;
  for (let step = 0; step < STEPS; step++) {
    const returns = episodes.map((episode) => togoOf(episode, step));
    const baseline = returns.reduce((total, value) => total + value, 0) / EPISODES;
    episodes.forEach((episode, e) => {
      const { state, action } = episode[step]!;
      const logLikelihood = -((action - meanOf(net, state)) ** 2) / (2 * SIGMA ** 2);
      sum -= (returns[e]! - baseline) * logLikelihood;
    });
  }
  return sum / (EPISODES * STEPS);
}

test('a lesson of the point mass is the gradient of REINFORCE, by finite differences', () => {
  const weights = initialWeights(pointMass.shape, 3);
  const learner = netAt(weights);
  pointMass.situation(SEED).learn(learner, 2);
  const net = netAt(weights);
  const episodes = episodesOf(net, gaussian(seedFor(SEED, 'lesson 2')));
  const step = 2 ** -13;
  let largest = 0;
  for (let i = 0; i < weights.length; i++) {
    net.weights[i] = weights[i]! + step;
    const up = surrogate(net, episodes);
    net.weights[i] = weights[i]! - step;
    const slope = (up - surrogate(net, episodes)) / (2 * step);
    net.weights[i] = weights[i]!;
    largest = Math.max(largest, Math.abs(slope));
    expect(Math.abs(slope - learner.gradient[i]!), `weight ${i}`).toBeLessThan(0.01 * Math.max(0.1, Math.abs(slope)));
  }
  expect(largest).toBeGreaterThan(0.1);
});

test('the loss is minus the mean reward of an episode without noise', () => {
  const net = netAt(initialWeights(pointMass.shape, 3));
  const [episode] = episodesOf(net, () => 0);
  expect(pointMass.situation(SEED).lossOf(net)).toBeCloseTo(-togoOf(episode!, 0) / STEPS, 5);
});
