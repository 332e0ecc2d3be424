import { gaussian } from '@pathfold/nets/random';
import { expect, test } from 'vitest';
import { compileKernels } from './build.ts';
import { KERNELS } from './kernels.ts';
import { forwardFlops, LANES, Net, netShape } from './net.ts';

test('kernels.ts is what kernels.as compiles to', async () => {
  expect(await compileKernels()).toBe(KERNELS);
});

test('weights and operations are counted by shape', () => {
  expect(netShape([1, 40, 40, 1])).toMatchObject({ weightCount: 1761, gateCount: 80 });
  expect(forwardFlops(netShape([1, 2, 1]))).toBe(2 * 2 * 2 + 2 * 3);
});

test('gradients of weights and gates agree with finite differences', () => {
  const shape = netShape([2, 7, 5, 3]);
  const net = new Net(shape);
  const next = gaussian(1);
  for (const view of [net.weights, net.gates, net.inputs]) for (let i = 0; i < view.length; i++) view[i] = next();
  const directions = new Float32Array(3 * LANES).map((_, i) => (i % LANES < 10 ? next() : 0));
  const loss = () => {
    net.forward();
    return net.outputs.reduce((sum, output, i) => sum + output * directions[i]!, 0);
  };
  loss();
  net.slopes.set(directions);
  net.backward();
  const step = 2 ** -9;
  for (const [values, gradient] of [
    [net.weights, net.gradient.slice()],
    [net.gates, net.gateGradient.slice()],
  ] as const)
    for (let i = 0; i < values.length; i++) {
      const kept = values[i]!;
      values[i] = kept + step;
      const up = loss();
      values[i] = kept - step;
      const down = loss();
      values[i] = kept;
      const scale = Math.max(1, Math.abs(gradient[i]!));
      expect(Math.abs((up - down) / (2 * step) - gradient[i]!) / scale, `place ${i}`).toBeLessThan(0.02);
    }
});

test('gates alone get the same gradient, and a step descends along it', () => {
  const net = new Net(netShape([1, 4, 1]));
  net.weights.set(Array.from({ length: 13 }, (_, i) => Math.cos(i)));
  net.inputs.set([1, -1, 0.5]);
  net.slopes.set([1, 0.5, -0.25]);
  net.forward();
  net.backward();
  const [gates, gradient, before] = [net.gateGradient.slice(), net.gradient.slice(), net.weights.slice()];
  net.gateGradient.fill(0);
  net.backward('gates');
  expect(net.gateGradient).toEqual(gates);
  net.descend(0.5);
  net.weights.forEach((weight, i) => {
    expect(weight).toBeCloseTo(before[i]! - 0.5 * gradient[i]!, 6);
  });
  expect(net.gradientNorm()).toBeCloseTo(Math.hypot(...gradient), 5);
});
