import type { OuterOptimizer } from './optimizer.ts';

/** Heavy ball: m <- b m + D; theta <- theta - lr m. State: m. */
export const momentum = (spec: { learningRate: number; momentum: number }): OuterOptimizer => ({
  init: (parameterCount) => new Float32Array(parameterCount),
  update(theta, delta, _meta, m) {
    for (let i = 0; i < theta.length; i++) {
      m[i] = spec.momentum * m[i]! + delta[i]!;
      theta[i]! -= spec.learningRate * m[i]!;
    }
  },
});
