import type { OuterOptimizer } from './optimizer.ts';

const BETA2 = 0.999;
/** DiLoCo section 3.1 (ablation of outer optimizers): Adam is unstable below. */
const EPSILON = 0.1;

/** Adam with bias correction, beta1 = `momentum`. State: m, v, then the number of steps taken. */
export const adam = (spec: { learningRate: number; momentum: number }): OuterOptimizer => ({
  init: (parameterCount) => new Float32Array(2 * parameterCount + 1),
  update(theta, delta, _meta, state) {
    const n = theta.length;
    const m = state.subarray(0, n);
    const v = state.subarray(n, 2 * n);
    const t = state[2 * n]! + 1;
    state[2 * n] = t;
    const correction1 = 1 - spec.momentum ** t;
    const correction2 = 1 - BETA2 ** t;
    for (let i = 0; i < n; i++) {
      const d = delta[i]!;
      m[i] = spec.momentum * m[i]! + (1 - spec.momentum) * d;
      v[i] = BETA2 * v[i]! + (1 - BETA2) * d * d;
      theta[i]! -= (spec.learningRate * (m[i]! / correction1)) / (Math.sqrt(v[i]! / correction2) + EPSILON);
    }
  },
});
