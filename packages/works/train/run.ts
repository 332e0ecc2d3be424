import { type PathShape, splitPath } from '@pathfold/checkpoint/path';
import { codecOf } from '@pathfold/compression/codecs';
import { decodeTokens } from '@pathfold/corpora/shards';
import { drawWindows } from '@pathfold/corpora/windows';
import { PathfoldError } from '@pathfold/protocol/errors';
import { meanGradient } from '@pathfold/training/gradient';
import { LossNotFinite, round } from '@pathfold/training/round';
import { fetchPath } from '../path-modules.ts';
import { readTask, type WorkRun } from '../work-run.ts';
import { decodeMoments, encodeMoments } from './run-moments.ts';
import { TrainTask } from './task.ts';

/**
 * Training's half on the volunteer: one round of DiLoCo along one path. The contribution holds the outer gradient
 * theta(t-1) - theta_i(t) of each module. AdamW's moments stay here, under the path's name. Where gradients are exchanged
 * it holds the mean gradient at theta(t-1), and nothing stays here.
 */
export const trainRun: WorkRun = {
  name: 'train',

  async execute(body, ports) {
    const task = readTask(TrainTask, body);
    const { model, inner, steps } = task;
    const [{ path, theta }, shard] = await Promise.all([
      fetchPath(task, ports),
      ports.blob(task.shard).then(decodeTokens),
    ]);
    const batches = (step: number) => {
      const window = { context: model.context, batch: inner.batch, seed: task.seed, step };
      const { inputs, targets } = drawWindows(shard, window);
      return { tokens: inputs, targets };
    };
    const { executor, reopen, throttle, clock, signal, onProgress } = ports;
    const shared = { executor, ...(reopen && { reopen }), path, theta, steps, batches, throttle, clock, signal };
    const limits = { deadlineMs: ports.remainingMs(), onProgress };

    if (task.exchange === 'gradients') {
      ports.onComputing();
      const { gradient, ...done } = await meanGradient({ ...shared, ...limits, inner }).catch(refuseLoss);
      return { payload: payloadOf(task, path, gradient), ...done, keep: null };
    }

    const name = `path ${task.path}${task.rollbacks ? ` after rollback ${task.rollbacks}` : ''}`;
    const kept = await ports.kept(name);
    const { version } = task.modules[0]!;
    ports.onComputing();
    const { delta, moments, meanLoss, ...done } = await round({
      ...shared,
      ...limits,
      inner: { ...inner, totalSteps: task.totalSteps },
      moments: kept && decodeMoments(kept, theta.length, version),
      globalStep: task.globalStep,
    }).catch(refuseLoss);
    return {
      payload: payloadOf(task, path, delta),
      ...done,
      loss: done.steps > 0 ? meanLoss : null,
      keep: { name, bytes: encodeMoments(moments, version) },
    };
  },
};

const refuseLoss = (error: unknown): never => {
  throw error instanceof LossNotFinite ? new PathfoldError('loss_not_finite', error.message) : error;
};

/** A flat gradient as the contribution that holds one part a module. */
function payloadOf({ codec: name }: TrainTask, path: PathShape, values: Float32Array): Uint8Array {
  const codec = codecOf(name);
  return joinBytes(splitPath(values, path).map((part) => codec.encode(part)));
}

function joinBytes(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((total, part) => total + part.byteLength, 0));
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.byteLength;
  }
  return bytes;
}
