import { codecOf } from '@pathfold/compression/codecs';
import { decodeTokens } from '@pathfold/corpora/shards';
import { drawWindows } from '@pathfold/corpora/windows';
import { coldMoments, type Moments } from '@pathfold/optim/inner/adamw';
import { PathfoldError } from '@pathfold/protocol/errors';
import { LossNotFinite } from '@pathfold/training/drive';
import { type GradientOptions, meanGradient } from '@pathfold/training/gradient';
import { round } from '@pathfold/training/round';
import { fetchPath } from '../path-modules.ts';
import { readTask, type WorkRun } from '../work-run.ts';
import { decodeCarried, encodeCarried } from './run-carried.ts';
import { TrainTask } from './task.ts';

/**
 * Training's half on the volunteer: one round of DiLoCo along one path. The contribution is the outer gradient
 * theta(t-1) - theta_i(t), encoded; where gradients are exchanged, the mean gradient at theta(t-1). AdamW's moments and
 * the codec's state stay here under the path's name, until the next round of it.
 * `change`: what an ablation of a study sends in place of a gradient, flat; it sees it before it is encoded.
 */
export const trainingRun = (change: (gradient: Float32Array) => Float32Array): WorkRun => ({
  name: 'train',

  async execute(body, ports) {
    const task = readTask(TrainTask, body);
    const { model, inner, steps } = task;
    const [{ path, theta }, shard] = await Promise.all([
      fetchPath(task, ports),
      ports.blob(task.shard).then(decodeTokens),
    ]);
    const { executor, reopen, throttle, clock, signal, onProgress } = ports;
    const options = {
      ...{ executor, path, theta, steps, throttle, clock, signal, onProgress, deadlineMs: ports.remainingMs() },
      ...(reopen && { reopen }),
      batches(step: number) {
        const window = { context: model.context, batch: inner.batch, seed: task.seed, step };
        const { inputs, targets } = drawWindows(shard, window);
        return { tokens: inputs, targets };
      },
    };

    const codec = codecOf(task);
    const fresh = codec.init(path.modules);
    const momentLength = task.exchange === 'gradients' ? 0 : theta.length;
    const carries = momentLength + fresh.length > 0;
    const name = nameOf(task, fresh.length > 0);
    const { version } = task.modules[0]!;
    const bytes = carries ? await ports.kept(name) : null;
    const carried = bytes && decodeCarried(bytes, momentLength, fresh.length, version);

    ports.onComputing();
    const { gradient, moments, ...done } = await gradientOf(task, options, carried?.moments ?? null).catch(refuseLoss);
    const { payload, state } = codec.encode(change(gradient), carried?.codecState ?? fresh, path.modules);
    const keep = carries ? { name, bytes: encodeCarried({ moments, codecState: state }, version) } : null;
    return { payload, ...done, keep };
  },
});

export const trainRun = trainingRun((gradient) => gradient);

/** The path, as it is since the last rollback. A codec's state is of no use to another: with one, the name has the codec's too. */
const nameOf = ({ path, rollbacks, codec }: TrainTask, hasState: boolean): string =>
  `path ${path}${rollbacks ? ` after rollback ${rollbacks}` : ''}${hasState ? ` by ${codec}` : ''}`;

async function gradientOf(task: TrainTask, options: Omit<GradientOptions, 'inner'>, moments: Moments | null) {
  const { inner, totalSteps, globalStep } = task;
  if (task.exchange === 'gradients') return { ...(await meanGradient({ ...options, inner })), moments: coldMoments(0) };
  const { delta, meanLoss, ...done } = await round({
    ...options,
    inner: { ...inner, totalSteps },
    moments,
    globalStep,
  });
  return { gradient: delta, loss: done.steps > 0 ? meanLoss : null, ...done };
}

const refuseLoss = (error: unknown): never => {
  throw error instanceof LossNotFinite ? new PathfoldError('loss_not_finite', error.message) : error;
};
