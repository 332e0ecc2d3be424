import { seedFor } from '@pathfold/nets/random';
import { sinCos } from '@pathfold/tensors/plan/exact';
import { LANES, type Net, netShape } from '../exact/net.ts';
import { uniform } from '../exact/random.ts';

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
  /** Examples of one lesson; `lossOf` takes as many. */
  readonly examples: number;
  situation(seed: number): Situation;
}

/** Points of a lesson, and of its test. */
const POINTS = 10;

/** A sin(x + phase), A in [0.1, 5], phase in [0, pi], x in [-5, 5] (Finn et al. 2017, section 5.1). */
export const sinusoid: Domain = {
  shape: netShape([1, 40, 40, 1]),
  examples: POINTS,
  situation(seed) {
    const next = uniform(seedFor(seed, 'sine'));
    const amplitude = 0.1 + 4.9 * next();
    const phase = Math.PI * next();
    const draw = () => {
      const inputs = new Float32Array(LANES);
      const targets = new Float32Array(LANES);
      for (let e = 0; e < POINTS; e++) {
        inputs[e] = 10 * next() - 5;
        targets[e] = amplitude * sinCos(inputs[e]! + phase).sin;
      }
      return { inputs, targets };
    };
    const [support, query] = [draw(), draw()];
    return {
      learn(net) {
        squaredError(net, support);
        net.backward();
      },
      lossOf: (net) => squaredError(net, query),
      test(net) {
        const loss = squaredError(net, query);
        net.backward();
        return loss;
      },
    };
  },
};

interface Points {
  readonly inputs: Float32Array;
  readonly targets: Float32Array;
}

/** Mean squared error on points; leaves its slopes in the net. */
function squaredError(net: Net, { inputs, targets }: Points): number {
  net.inputs.set(inputs);
  net.forward();
  let sum = 0;
  for (let e = 0; e < POINTS; e++) {
    const error = net.outputs[e]! - targets[e]!;
    net.slopes[e] = (2 * error) / POINTS;
    sum += error * error;
  }
  return sum / POINTS;
}
