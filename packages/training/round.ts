import { adamwRates, coldMoments, type Moments } from '@pathfold/optim/inner/adamw';
import { coldStartFactor, learningRateAt, type Schedule } from '@pathfold/optim/inner/schedule';
import { type DriveOptions, drive } from './drive.ts';
import { type InnerOptions, trainingPlan } from './plans.ts';

/** `steps` is H. */
export interface RoundOptions extends DriveOptions {
  readonly inner: InnerOptions & Schedule & { /** Sequences a step. */ readonly batch: number };
  /** theta(t-1) of the whole path, flat; not changed. */
  readonly theta: Float32Array;
  /** AdamW's, from this path's last round; null starts cold, with a short warm-up inside the round. */
  readonly moments: Moments | null;
  /** Inner steps of the run before this round. */
  readonly globalStep: number;
}

export interface RoundResult {
  /** The outer gradient theta(t-1) - theta_i(t), flat; over fewer than H steps where the round was cut short. */
  readonly delta: Float32Array;
  readonly moments: Moments;
  readonly steps: number;
  readonly tokens: number;
  /** Nats a token over all steps; NaN after none. */
  readonly meanLoss: number;
  readonly computeMs: number;
}

const COPY_EVERY = 10;
const AHEAD_MS = 250;

/**
 * The inner loop of DiLoCo (algorithm 1, lines 3-6):
 *
 *     theta_i <- theta
 *     repeat H times:  x ~ D_i;  theta_i <- AdamW(theta_i, grad f(x, theta_i), lr(step))
 *     delta <- theta - theta_i
 *
 * Throws `LossNotFinite`, `DeviceError` and `TokenOutside`.
 */
export async function round(options: RoundOptions): Promise<RoundResult> {
  const { path, inner, theta, globalStep, steps: H } = options;
  const moments = options.moments ?? coldMoments(theta.length);
  const isCold = moments.steps === 0 && globalStep > 0;
  const { states, lossSum, steps, ...spent } = await drive(options, {
    plan: trainingPlan(path, inner.batch, inner),
    batch: inner.batch,
    states: { theta, m: moments.m, v: moments.v },
    inputs(h) {
      const rate = learningRateAt(inner, globalStep + h) * (isCold ? coldStartFactor(h, H) : 1);
      return { rates: adamwRates(rate, moments.steps + h) };
    },
    async lossSince(program) {
      const [sum] = await program.read('lossSum');
      program.write('lossSum', Float32Array.of(0));
      return sum!;
    },
    ...{ copyEvery: COPY_EVERY, aheadMs: AHEAD_MS, firstStep: globalStep },
  });
  return {
    delta: theta.map((value, i) => value - states.theta[i]!),
    moments: { m: states.m, v: states.v, steps: moments.steps + steps },
    ...{ steps, meanLoss: lossSum / steps, ...spent },
  };
}
