import type { OuterOptimizer } from './optimizer.ts';

/** Shares that add up to one step may lack this much of it: thirds and tenths are no binary fractions. */
const ROUNDING = 1e-4;

/**
 * Nesterov's momentum, delayed (Async Local-SGD algorithm 3): m <- b m + mean D; theta <- theta - lr (D + b m), m being
 * the new one. A delta of share 1 is one such step (equation 4 of the same, DiLoCo's outer optimizer). Deltas of smaller
 * shares wait in a buffer B until they make up one: each moves theta by itself at once, the momentum moves it when the
 * buffer is full. `momentumSpread` = c N, 0 to 1: that part of b m is applied at the arrivals, in proportion to their
 * shares, instead. A step of share 1 takes along what waits in the buffer.
 * State: m; then B and the sum of its shares, which are kept only while something waits.
 */
export const nesterov = (spec: {
  learningRate: number;
  momentum: number;
  momentumSpread?: number | undefined;
}): OuterOptimizer => ({
  init: (parameterCount) => new Float32Array(2 * parameterCount + 1),
  update(theta, delta, { share }, state) {
    const { learningRate, momentum, momentumSpread = 0 } = spec;
    const n = theta.length;
    const m = state.subarray(0, n);
    const buffer = state.subarray(n, 2 * n);
    const before = state[2 * n]!;
    const filled = before + share;
    if (filled < 1 - ROUNDING) {
      const spread = momentumSpread * share * momentum;
      for (let i = 0; i < n; i++) {
        buffer[i]! += delta[i]!;
        theta[i]! -= learningRate * (delta[i]! + spread * m[i]!);
      }
      state[2 * n] = filled;
      return;
    }
    const rest = (1 - momentumSpread * before) * momentum;
    const scale = Math.abs(filled - 1) < ROUNDING ? 1 : 1 / filled;
    for (let i = 0; i < n; i++) {
      const d = delta[i]!;
      m[i] = momentum * m[i]! + scale * (buffer[i]! + d);
      theta[i]! -= learningRate * (d + rest * m[i]!);
    }
    state.fill(0, n);
  },
  stored: (state) => (state.at(-1) === 0 ? state.subarray(0, (state.length - 1) / 2) : state),
});
