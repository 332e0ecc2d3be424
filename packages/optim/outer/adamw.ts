import type { OuterOptimizer } from './optimizer.ts';

const [BETA1, BETA2, EPSILON] = [0.9, 0.95, 1e-8];

/**
 * AdamW on gradients that volunteers sent, in place of the outer gradients of DiLoCo: that of optim/inner/adamw.ts, which
 * clips before. Its moments live with the module. State: m, v, then the number of steps taken.
 */
export const adamw = (spec: { readonly learningRate: number; readonly weightDecay: number }): OuterOptimizer => ({
  init: (parameterCount) => new Float32Array(2 * parameterCount + 1),
  update(theta, gradient, _meta, state) {
    const n = theta.length;
    const m = state.subarray(0, n);
    const v = state.subarray(n, 2 * n);
    const t = state[2 * n]! + 1;
    state[2 * n] = t;
    const correction1 = 1 - BETA1 ** t;
    const correction2 = 1 - BETA2 ** t;
    for (let i = 0; i < n; i++) {
      const g = gradient[i]!;
      m[i] = BETA1 * m[i]! + (1 - BETA1) * g;
      v[i] = BETA2 * v[i]! + (1 - BETA2) * g * g;
      const move = m[i]! / correction1 / (Math.sqrt(v[i]! / correction2) + EPSILON);
      theta[i]! -= spec.learningRate * (move + spec.weightDecay * theta[i]!);
    }
  },
});
