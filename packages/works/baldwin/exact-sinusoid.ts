import { seedFor } from '@pathfold/nets/random';
import { type Net, netShape } from '../exact/net.ts';
import { uniform } from '../exact/random.ts';
import { drawPoints, drawSinusoid, type Points, squaredError } from '../exact/sinusoid.ts';

export const LEAST_AMPLITUDE = 0.1;

/** Something to be learnt in a lifetime. */
export interface Situation {
  /** One lesson: `net.gradient` is that of the loss on what the lesson shows. `lesson` counts from 0. */
  learn(net: Net, lesson: number): void;
  /** Loss afterwards, on what no lesson showed. */
  lossOf(net: Net): number;
  /** The same, with its gradient in `net.gradient`. */
  test(net: Net): number;
}

export interface Domain {
  readonly shape: ReturnType<typeof netShape>;
  situation(seed: number): Situation;
}

/** Ten points are the lesson, ten others its test. */
export const sinusoid: Domain = {
  shape: netShape([1, 40, 40, 1]),
  situation(seed) {
    const next = uniform(seedFor(seed, 'sine'));
    const curve = drawSinusoid(next, LEAST_AMPLITUDE);
    const [support, query] = [drawPoints(next, curve), drawPoints(next, curve)];
    const test = (net: Net, points: Points) => {
      const loss = squaredError(net, points);
      net.backward();
      return loss;
    };
    return {
      learn: (net) => void test(net, support),
      lossOf: (net) => squaredError(net, query),
      test: (net) => test(net, query),
    };
  },
};
