import { gaussian, seedFor } from '@pathfold/nets/random';
import { LANES, type Net, netShape } from '../exact/net.ts';
import { uniform } from '../exact/random.ts';
import type { Domain } from './exact-sinusoid.ts';

/** Episodes of a lesson, side by side; steps of an episode. */
const EPISODES = 5;
const STEPS = 10;
/** Deviation of the policy's actions while it learns. */
const SIGMA = 0.5;

/**
 * A point mass that should move at a velocity in [-2, 2] that nobody tells it: it sees its velocity and the last
 * reward. Reinforcement learning in the small, in place of the paper's half-cheetah. A lesson is one step of REINFORCE
 * with the mean return as baseline; the loss is minus the mean reward of an episode without noise.
 */
export const pointMass: Domain = {
  shape: netShape([2, 16, 1]),
  situation(seed) {
    const goal = 4 * uniform(seedFor(seed, 'goal'))() - 2;

    /** Plays episodes with these noises added to the actions; answers what was seen, and the rewards [step, episode]. */
    const play = (net: Net, noise: (() => number) | null) => {
      const velocity = new Float32Array(EPISODES);
      const reward = new Float32Array(EPISODES);
      const seen: Float32Array[] = [];
      const noises: Float32Array[] = [];
      const rewards: Float32Array[] = [];
      for (let step = 0; step < STEPS; step++) {
        net.inputs.fill(0);
        net.inputs.set(velocity, 0);
        net.inputs.set(reward, LANES);
        seen.push(net.inputs.slice());
        net.forward();
        const added = new Float32Array(EPISODES);
        for (let e = 0; e < EPISODES; e++) {
          added[e] = noise ? noise() : 0;
          const push = net.outputs[e]! + SIGMA * added[e]!;
          velocity[e] = velocity[e]! + Math.min(1, Math.max(-1, push));
          reward[e] = -Math.abs(velocity[e]! - goal);
        }
        noises.push(added);
        rewards.push(reward.slice());
      }
      return { seen, noises, rewards };
    };

    /** One step of REINFORCE with the mean return as baseline, on episodes that `noise` moves. */
    const reinforce = (net: Net, noise: () => number) => {
      const { seen, noises, rewards } = play(net, noise);
      const total = new Float32Array(net.gradient.length);
      seen.forEach((inputs, step) => {
        const togo = sumFrom(rewards, step);
        const mean = togo.reduce((sum, value) => sum + value, 0) / EPISODES;
        net.inputs.set(inputs);
        net.forward();
        net.slopes.fill(0);
        for (let e = 0; e < EPISODES; e++)
          net.slopes[e] = (-(togo[e]! - mean) * noises[step]![e]!) / (SIGMA * EPISODES * STEPS);
        net.backward();
        for (let i = 0; i < total.length; i++) total[i]! += net.gradient[i]!;
      });
      net.gradient.set(total);
    };
    /** All episodes are the same without noise. */
    const lossOf = (net: Net) => -play(net, null).rewards.reduce((sum, reward) => sum + reward[0]!, 0) / STEPS;

    return {
      learn: (net, lesson) => reinforce(net, gaussian(seedFor(seed, `lesson ${lesson}`))),
      lossOf,
      test(net) {
        const loss = lossOf(net);
        reinforce(net, gaussian(seedFor(seed, 'test')));
        return loss;
      },
    };
  },
};

/** Rewards to go of each episode. */
function sumFrom(rewards: readonly Float32Array[], step: number): Float64Array {
  const sums = new Float64Array(EPISODES);
  for (const reward of rewards.slice(step)) for (let e = 0; e < EPISODES; e++) sums[e]! += reward[e]!;
  return sums;
}
