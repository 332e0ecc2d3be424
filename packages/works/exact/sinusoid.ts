import { sinCos } from '@pathfold/tensors/plan/exact';
import { LANES, type Net } from './net.ts';

/** Points of one batch of a sinusoid. */
export const POINTS = 10;

/** The points of one batch: [LANES] each, of which POINTS are used. */
export interface Points {
  readonly inputs: Float32Array;
  readonly targets: Float32Array;
}

/** A sin(x + phase) with A in [`least`, 5] and phase in [0, pi] (Finn et al. 2017, section 5.1). */
export function drawSinusoid(next: () => number, least: number): (input: number) => number {
  const amplitude = least + (5 - least) * next();
  const phase = Math.PI * next();
  return (input) => amplitude * sinCos(input + phase).sin;
}

/** Points of a curve, x in [-5, 5]. */
export function drawPoints(next: () => number, curve: (input: number) => number): Points {
  const inputs = new Float32Array(LANES);
  const targets = new Float32Array(LANES);
  for (let e = 0; e < POINTS; e++) {
    inputs[e] = 10 * next() - 5;
    targets[e] = curve(inputs[e]!);
  }
  return { inputs, targets };
}

/** Mean squared error of a net on points; leaves its slopes in the net. */
export function squaredError(net: Net, { inputs, targets }: Points): number {
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

/** The outputs of a net of one input and one output at these inputs, as a picture can show them. */
export function answersAt(net: Net, inputs: readonly number[]): number[] {
  const answers: number[] = [];
  for (let from = 0; from < inputs.length; from += LANES) {
    const some = inputs.slice(from, from + LANES);
    net.inputs.fill(0);
    net.inputs.set(some);
    net.forward();
    answers.push(...net.outputs.subarray(0, some.length));
  }
  return answers.map((answer) => Math.max(-100, Math.min(100, Number.isNaN(answer) ? 100 : answer)));
}
