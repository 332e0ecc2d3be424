import { type DriveOptions, drive } from './drive.ts';
import { gradientPlan, type InnerOptions } from './plans.ts';

/** `steps` is the number of batches. */
export interface GradientOptions extends DriveOptions {
  /** The whole path, flat; not changed. */
  readonly theta: Float32Array;
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

/**
 * The contribution of a worker in fully synchronous training: the gradient of f at theta, the mean of H batches. The device is
 * waited for after each; where one is lost the next begins again. Throws `LossNotFinite`, `DeviceError` and
 * `TokenOutside`.
 */
export async function meanGradient(options: GradientOptions): Promise<GradientResult> {
  const { path, inner, theta } = options;
  const { states, lossSum, ...done } = await drive(options, {
    plan: gradientPlan(path, inner.batch, inner),
    batch: inner.batch,
    states: { gradientSum: new Float32Array(theta.length) },
    constants: { theta },
    inputs: () => ({}),
    async lossSince(program, before) {
      const [sum] = await program.read('lossSum');
      return sum! - before;
    },
    ...{ copyEvery: Number.POSITIVE_INFINITY, aheadMs: 0, firstStep: 0 },
  });
  const gradient = clipped(states.gradientSum, Math.max(done.steps, 1), inner.clipNorm);
  return { gradient, loss: done.steps > 0 ? lossSum / done.steps : null, ...done };
}

/** The sum divided by `count`, scaled down to the norm where it is longer. */
function clipped(sum: Float32Array, count: number, clipNorm: number): Float32Array {
  const norm = Math.sqrt(sum.reduce((total, value) => total + value * value, 0)) / count;
  const factor = clipNorm / Math.max(norm, clipNorm) / count;
  return sum.map((value) => value * factor);
}
