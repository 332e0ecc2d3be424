import type { OuterOptimizer } from './optimizer.ts';

/** m <- b m + D; theta <- theta - lr (D + b m), m being the new one (Async Local-SGD equation 4). State: m. */
export const nesterov = (spec: { learningRate: number; momentum: number }): OuterOptimizer => ({
  init: (parameterCount) => new Float32Array(parameterCount),
  update(theta, delta, _meta, m) {
    for (let i = 0; i < theta.length; i++) {
      const d = delta[i]!;
      m[i] = spec.momentum * m[i]! + d;
      theta[i]! -= spec.learningRate * (d + spec.momentum * m[i]!);
    }
  },
});
