import type { PathShape } from '@pathfold/checkpoint/path';
import { adamwRates, coldMoments, type Moments } from '@pathfold/optim/inner/adamw';
import { coldStartFactor, learningRateAt, type Schedule } from '@pathfold/optim/inner/schedule';
import { DeviceError, type Executor, onGpu } from '@pathfold/tensors/executors/executor';
import { type Batch, checkTokens } from './batch.ts';
import { type Clock, systemClock } from './clock.ts';
import { type InnerOptions, setTraining, type TrainingState, trainingPlan } from './plans.ts';

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
  /** Share of the time to compute in, over 0 up to 1; asked whenever the device is waited for. */
  throttle?(): number;
  /** Another device after one was lost; the round goes on there, from at most 10 steps before. */
  reopen?(): Promise<Executor>;
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
  /** Of the steps since the last progress, nats a token. */
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

/** Steps that a lost device may cost at most: as often the state is copied to the host. */
const KEEP_EVERY = 10;
/** A GPU is given steps for this long, then it is waited for: a pause or an end takes effect no later. */
const AHEAD_MS = 250;
/** Lost devices that one round outlives. */
const MOST_LOSSES = 3;

/** Where a round stands, as the host knows it. */
interface Kept extends TrainingState {
  /** Of all steps, nats a token. */
  readonly lossSum: number;
  readonly done: number;
}

/**
 * The inner loop of DiLoCo (algorithm 1, lines 3-6; core 1.1):
 *
 *     theta_i <- theta
 *     repeat H times:  x ~ D_i;  theta_i <- AdamW(theta_i, grad f(x, theta_i), lr(step))
 *     delta <- theta - theta_i
 *
 * The loss is added up on the device, and read only when the device is waited for. Throws `LossNotFinite`,
 * `DeviceError` and `TokenOutside`.
 */
export const round = async (options: RoundOptions): Promise<RoundResult> => {
  const { path, inner, theta, globalStep, steps, signal, clock = systemClock } = options;
  const { deadlineMs = Number.POSITIVE_INFINITY } = options;
  const moments = options.moments ?? coldMoments(theta.length);
  const cold = moments.steps === 0 && globalStep > 0;
  const plan = trainingPlan(path, inner.batch, inner);
  const tokensAStep = inner.batch * path.model.context;
  const began = clock.now();
  let computeMs = 0;
  let kept: Kept = { theta, m: moments.m, v: moments.v, lossSum: 0, done: 0 };

  /** Steps on from `kept`, which it brings up to date. */
  const compute = async (executor: Executor): Promise<void> => {
    const program = executor.compile(plan);
    try {
      setTraining(program, kept);
      let { done, lossSum } = kept;
      let [stepMs, waited, since] = [computeMs / Math.max(done, 1), done, clock.now()];
      const timeLeft = () => deadlineMs - (clock.now() - began) >= stepMs;
      /** Until all steps are done; then it says how it goes, and pauses. */
      const wait = async (): Promise<void> => {
        const [sum] = await program.read('lossSum');
        if (!Number.isFinite(sum)) throw new LossNotFinite(globalStep + waited, globalStep + done);
        program.write('lossSum', Float32Array.of(0));
        const busyMs = clock.now() - since;
        const loss = sum! / (done - waited);
        computeMs += busyMs;
        stepMs = busyMs / (done - waited);
        lossSum += sum!;
        waited = done;
        options.onProgress?.({ steps: done, loss, tokensPerSecond: (1000 * done * tokensAStep) / computeMs });
        await clock.sleep(busyMs * (1 / (options.throttle?.() ?? 1) - 1), signal);
        since = clock.now();
      };
      const keep = async (): Promise<void> => {
        const [end, m, v] = [await program.read('theta'), await program.read('m'), await program.read('v')];
        if (!end.every(Number.isFinite)) throw new LossNotFinite(globalStep + kept.done, globalStep + done);
        kept = { theta: end, m, v, lossSum, done };
      };
      while (done < steps && !signal?.aborted && timeLeft()) {
        const { tokens, targets } = checked(options.batches(done), path);
        const rate = learningRateAt(inner, globalStep + done) * (cold ? coldStartFactor(done, steps) : 1);
        await program.run({ tokens, targets, rates: adamwRates(rate, moments.steps + done) }, []);
        done++;
        const ahead = onGpu(executor.name) && stepMs > 0 ? AHEAD_MS / stepMs : 1;
        if (done - waited + 1 > ahead || done % KEEP_EVERY === 0) await wait();
        else await clock.sleep(0);
        if (done % KEEP_EVERY === 0) await keep();
      }
      if (done > waited) await wait();
      if (done > kept.done) await keep();
    } finally {
      program.dispose();
    }
  };

  let { executor } = options;
  for (let losses = 0; ; losses++)
    try {
      await compute(executor);
      break;
    } catch (error) {
      const lost = error instanceof DeviceError && error.code === 'device_lost';
      if (!lost || !options.reopen || losses >= MOST_LOSSES) throw error;
      executor = await options.reopen();
    }
  return {
    delta: theta.map((value, i) => value - kept.theta[i]!),
    moments: { m: kept.m, v: kept.v, steps: moments.steps + kept.done },
    steps: kept.done,
    tokens: kept.done * tokensAStep,
    meanLoss: kept.lossSum / kept.done,
    computeMs,
  };
};

/** The loss or the parameters are no numbers any more: the learning rate may be too high. */
export class LossNotFinite extends Error {
  /** In one of the inner steps from `first` up to, not including, `end`. */
  constructor(first: number, end: number) {
    super(`the loss of inner step ${end - first === 1 ? first : `${first} to ${end - 1}`} is not finite`);
  }
}

const checked = (batch: Batch, path: PathShape): Batch => {
  checkTokens(batch, path.model.vocabulary);
  return batch;
};
