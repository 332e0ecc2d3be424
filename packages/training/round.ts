import { adamwRates, coldMoments, type Moments } from '@pathfold/optim/inner/adamw';
import { coldStartFactor, learningRateAt, type Schedule } from '@pathfold/optim/inner/schedule';
import type { Executor } from '@pathfold/tensors/executors/executor';
import { type Batch, checkTokens } from './batch.ts';
import { type Clock, systemClock } from './clock.ts';
import type { PathShape } from './path.ts';
import { type InnerOptions, trainingPlan } from './plans.ts';

export interface RoundOptions {
  readonly executor: Executor;
  readonly path: PathShape;
  readonly inner: InnerOptions & Schedule & { /** Sequences a step. */ readonly batch: number };
  /** theta(t-1) of the whole path, flat; not changed. */
  readonly theta: Float32Array;
  /** What AdamW remembers of this path's last round; null starts cold, with a short warm-up inside the round. */
  readonly moments: Moments | null;
  /** Inner steps of the run before this round. */
  readonly globalStep: number;
  /** H. */
  readonly steps: number;
  /** The windows of inner step h (0..H-1). */
  batches(step: number): Batch;
  /** Share of the time to compute in, over 0 up to 1; asked after every step. */
  throttle?(): number;
  readonly clock?: Clock;
  /** Ends the round between two steps, with what it has. */
  readonly signal?: AbortSignal;
  /** The round ends by itself, with what it has, when the next step would not end within this time. */
  readonly deadlineMs?: number;
  onProgress?(progress: RoundProgress): void;
}

export interface RoundProgress {
  /** Steps done. */
  readonly steps: number;
  /** Of the last step, nats a token. */
  readonly loss: number;
  readonly tokensPerSecond: number;
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

/**
 * The inner loop of DiLoCo (algorithm 1, lines 3-6; core 1.1):
 *
 *     theta_i <- theta
 *     repeat H times:  x ~ D_i;  theta_i <- AdamW(theta_i, grad f(x, theta_i), lr(step))
 *     delta <- theta - theta_i
 *
 * Throws `LossNotFinite`, `DeviceError`, and RangeError on a token outside the vocabulary.
 */
export const round = async (options: RoundOptions): Promise<RoundResult> => {
  const {
    executor,
    path,
    inner,
    theta,
    globalStep,
    steps,
    signal,
    clock = systemClock,
    deadlineMs = Number.POSITIVE_INFINITY,
  } = options;
  const moments = options.moments ?? coldMoments(theta.length);
  const cold = moments.steps === 0 && globalStep > 0;
  const started = clock.now();
  let [done, lossSum, computeMs] = [0, 0, 0];

  const program = executor.compile(trainingPlan(path, inner.batch, inner));
  try {
    program.write('theta', theta);
    program.write('m', moments.m);
    program.write('v', moments.v);
    const timeLeft = () => deadlineMs - (clock.now() - started) >= (done > 0 ? computeMs / done : 0);
    while (done < steps && !signal?.aborted && timeLeft()) {
      const stepStarted = clock.now();
      const { tokens, targets } = checked(options.batches(done), path);
      const rate = learningRateAt(inner, globalStep + done) * (cold ? coldStartFactor(done, steps) : 1);
      const outputs = await program.run({ tokens, targets, rates: adamwRates(rate, moments.steps + done) });
      const loss = outputs['loss']![0]!;
      if (!Number.isFinite(loss)) throw new LossNotFinite(globalStep + done);
      done++;
      lossSum += loss;
      const stepMs = clock.now() - stepStarted;
      computeMs += stepMs;
      options.onProgress?.({ steps: done, loss, tokensPerSecond: (1000 * done * tokens.length) / computeMs });
      await clock.sleep(done < steps ? stepMs * (1 / (options.throttle?.() ?? 1) - 1) : 0, signal);
    }
    const [end, m, v] = [await program.read('theta'), await program.read('m'), await program.read('v')];
    if (!end.every(Number.isFinite)) throw new LossNotFinite(globalStep + done);
    return {
      delta: theta.map((value, i) => value - end[i]!),
      moments: { m, v, steps: moments.steps + done },
      steps: done,
      tokens: done * inner.batch * path.model.context,
      meanLoss: lossSum / done,
      computeMs,
    };
  } finally {
    program.dispose();
  }
};

/** The loss or the parameters are no numbers any more: the learning rate may be too high. */
export class LossNotFinite extends Error {
  constructor(readonly step: number) {
    super(`the loss of inner step ${step} is not finite`);
  }
}

const checked = (batch: Batch, path: PathShape): Batch => {
  checkTokens(batch, path.model.vocabulary);
  return batch;
};
