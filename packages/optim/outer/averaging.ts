import type { OuterOptimizer } from './optimizer.ts';

/** theta <- theta - D: the mean of the workers' parameters (FedAvg; DiLoCo's outer SGD with lr 1). No state. */
export const averaging = (): OuterOptimizer => ({
  init: () => new Float32Array(0),
  update(theta, delta) {
    for (let i = 0; i < theta.length; i++) theta[i]! -= delta[i]!;
  },
});
