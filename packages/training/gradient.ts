import { DeviceError, type Executor } from '@pathfold/tensors/executors/executor';
import { checkTokens } from './batch.ts';
import { systemClock } from './clock.ts';
import { gradientPlan, type InnerOptions } from './plans.ts';
import { LossNotFinite, type RoundOptions } from './round.ts';

export interface GradientOptions extends Omit<RoundOptions, 'inner' | 'moments' | 'globalStep'> {
  /** Sequences a batch, and the norm that the mean is clipped to. */
  readonly inner: Pick<InnerOptions, 'clipNorm' | 'recompute'> & { readonly batch: number };
}

export interface GradientResult {
  /** Mean gradient of the batches at theta, flat, its global norm at most `clipNorm`. */
  readonly gradient: Float32Array;
  /** Batches; fewer than asked for where it was cut short. */
  readonly steps: number;
  readonly tokens: number;
  /** Nats a token at theta; null after no batch. */
  readonly loss: number | null;
  readonly computeMs: number;
}

/** Lost devices that one gradient outlives: each time it begins again. */
const MOST_LOSSES = 3;

/**
 * What a worker of fully synchronous training sends: the gradient of f at theta, the mean of H batches. The device is
 * waited for after each. Throws `LossNotFinite`, `DeviceError` and `TokenOutside`.
 */
export async function meanGradient(options: GradientOptions): Promise<GradientResult> {
  const { path, inner, theta, steps, signal, clock = systemClock, onProgress } = options;
  const { deadlineMs = Number.POSITIVE_INFINITY } = options;
  const plan = gradientPlan(path, inner.batch, inner);
  const tokensAStep = inner.batch * path.model.context;
  const began = clock.now();
  let computeMs = 0;

  const compute = async (executor: Executor): Promise<GradientResult> => {
    const program = executor.compile(plan);
    try {
      program.write('theta', theta);
      program.write('gradientSum', new Float32Array(theta.length));
      program.write('lossSum', Float32Array.of(0));
      let [done, lossSum, stepMs] = [0, 0, 0];
      while (done < steps && !signal?.aborted && deadlineMs - (clock.now() - began) >= stepMs) {
        const since = clock.now();
        const { tokens, targets } = options.batches(done);
        checkTokens({ tokens, targets }, path.model.vocabulary);
        await program.run({ tokens, targets }, []);
        const [sum] = await program.read('lossSum');
        if (!Number.isFinite(sum)) throw new LossNotFinite(done, done + 1);
        done++;
        stepMs = clock.now() - since;
        computeMs += stepMs;
        onProgress?.({ steps: done, loss: sum! - lossSum, tokensPerSecond: (1000 * done * tokensAStep) / computeMs });
        lossSum = sum!;
        await clock.sleep(stepMs * (1 / (options.throttle?.() ?? 1) - 1), signal);
      }
      const total = await program.read('gradientSum');
      if (!total.every(Number.isFinite)) throw new LossNotFinite(0, done);
      const gradient = clipped(total, Math.max(done, 1), inner.clipNorm);
      return { gradient, steps: done, tokens: done * tokensAStep, loss: done > 0 ? lossSum / done : null, computeMs };
    } finally {
      program.dispose();
    }
  };

  let { executor } = options;
  for (let losses = 0; ; losses++)
    try {
      return await compute(executor);
    } catch (error) {
      const lost = error instanceof DeviceError && error.code === 'device_lost';
      if (!lost || !options.reopen || losses >= MOST_LOSSES) throw error;
      executor = await options.reopen();
    }
}

/** The sum divided by `count`, scaled down to the norm where it is longer. */
function clipped(sum: Float32Array, count: number, clipNorm: number): Float32Array {
  const norm = Math.sqrt(sum.reduce((total, value) => total + value * value, 0)) / count;
  const factor = clipNorm / Math.max(norm, clipNorm) / count;
  return sum.map((value) => value * factor);
}
