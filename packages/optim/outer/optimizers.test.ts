import { OUTER_KINDS } from '@pathfold/protocol/run-spec';
import { describe, expect, test } from 'vitest';
import { OUTER_OPTIMIZERS, outerOptimizer } from './registry.ts';

const META = { share: 1 };

/** Where `theta` stands after each delta. */
const walk = (kind: string, learningRate: number, momentum: number, deltas: number[], theta0 = 0): number[] => {
  const optimizer = outerOptimizer({ kind, learningRate, momentum });
  const theta = new Float32Array([theta0]);
  const state = optimizer.init(1);
  return deltas.map((delta) => {
    optimizer.update(theta, new Float32Array([delta]), META, state);
    return theta[0]!;
  });
};
const close = (actual: number[], expected: number[], digits = 5) =>
  expected.forEach((value, i) => {
    expect(actual[i]).toBeCloseTo(value, digits);
  });

describe('outer optimizers', () => {
  test('a run spec may ask for every one that there is, and no other', () => {
    expect([...OUTER_KINDS].sort()).toEqual(Object.keys(OUTER_OPTIMIZERS).sort());
  });

  test('averaging moves to the mean of the workers', () => {
    expect(walk('averaging', 0.3, 0.9, [0.25, -1], 2)).toEqual([1.75, 2.75]);
  });

  test('SGD with lr 1 is averaging', () => {
    expect(walk('sgd', 1, 0.9, [0.25, -1], 2)).toEqual(walk('averaging', 1, 0, [0.25, -1], 2));
    close(walk('sgd', 0.5, 0, [1, -4], 2), [1.5, 3.5]);
  });

  test('momentum by hand: lr 0.5, b 0.9', () => {
    // m = 1, 0.9 - 2 = -1.1, -0.99 + 0 = -0.99
    close(walk('momentum', 0.5, 0.9, [1, -2, 0]), [-0.5, 0.05, 0.545]);
  });

  test('Nesterov by hand: lr 0.5, b 0.9', () => {
    // m = 1 -> D + b m = 1.9; m = -1.1 -> -2 - 0.99 = -2.99; m = -0.99 -> -0.891
    close(walk('nesterov', 0.5, 0.9, [1, -2, 0]), [-0.95, 0.545, 0.9905]);
  });

  test('gain of Nesterov (0.7, 0.9) on a constant delta', () => {
    const theta = walk('nesterov', 0.7, 0.9, new Array(200).fill(-1));
    const gain = theta.map((value, i) => value - (theta[i - 1] ?? 0));
    close([gain[0]!, gain[1]!, gain[2]!, gain[4]!, gain[9]!, gain[19]!], [1.33, 1.9, 2.41, 3.28, 4.8, 6.23], 2);
    expect(gain[199]).toBeCloseTo(7, 3);
  });

  test('Nesterov and momentum without momentum are SGD', () => {
    const deltas = [0.3, -0.1, 0.7];
    expect(walk('nesterov', 0.7, 0, deltas)).toEqual(walk('sgd', 0.7, 0, deltas));
    expect(walk('momentum', 0.7, 0, deltas)).toEqual(walk('sgd', 0.7, 0, deltas));
  });

  test('Adam by hand: lr 0.1, b1 0.9, b2 0.999, epsilon 0.1', () => {
    // step 1: m/c1 = 2, sqrt(v/c2) = 2 -> 0.1 * 2 / 2.1
    // step 2: m = 0.18 - 0.1 = 0.08, c1 = 0.19; v = 0.003996 + 0.001 = 0.004996, c2 = 0.001999
    const second = (0.1 * (0.08 / 0.19)) / (Math.sqrt(0.004996 / 0.001999) + 0.1);
    close(walk('adam', 0.1, 0.9, [2, -1]), [-0.2 / 2.1, -0.2 / 2.1 - second]);
  });

  test('each parameter and its state are independent of the others', () => {
    for (const kind of Object.keys(OUTER_OPTIMIZERS)) {
      const optimizer = outerOptimizer({ kind, learningRate: 0.7, momentum: 0.9 });
      const theta = new Float32Array([1, 2, 3]);
      const state = optimizer.init(3);
      for (const scale of [1, -0.5, 2])
        optimizer.update(theta, new Float32Array([0.1 * scale, 0, -0.2 * scale]), META, state);
      const alone = [0.1, 0, -0.2].map((d, i) => walk(kind, 0.7, 0.9, [d, -0.5 * d, 2 * d], i + 1)[2]!);
      close([...theta], alone);
    }
  });

  test('an unknown kind is refused by name', () => {
    for (const kind of ['lion', 'toString'])
      expect(() => outerOptimizer({ kind, learningRate: 1, momentum: 0 })).toThrow(`"${kind}"`);
  });
});
