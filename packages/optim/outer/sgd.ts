import type { OuterOptimizer } from './optimizer.ts';

/** theta <- theta - lr D. No state. */
export const sgd = ({ learningRate }: { learningRate: number }): OuterOptimizer => ({
  init: () => new Float32Array(0),
  update(theta, delta) {
    for (let i = 0; i < theta.length; i++) theta[i]! -= learningRate * delta[i]!;
  },
});
