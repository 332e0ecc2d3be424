import { codecOf } from '@pathfold/compression/codecs';
import { decodeTokens } from '@pathfold/corpora/shards';
import { drawWindows } from '@pathfold/corpora/windows';
import { moduleSlices } from '@pathfold/nets/modules';
import { PathfoldError } from '@pathfold/protocol/errors';
import { LossNotFinite, round } from '@pathfold/training/round';
import { fetchPath } from '../path-modules.ts';
import { readTask, type WorkRun } from '../work-run.ts';
import { decodeMoments, encodeMoments } from './run-moments.ts';
import { TrainTask } from './task.ts';

/**
 * Training's half on the volunteer: one round of DiLoCo along one path. The contribution holds the outer gradient
 * theta(t-1) - theta_i(t) of each module. AdamW's moments stay here, under the path's name.
 */
export const trainRun: WorkRun = {
  name: 'train',

  async execute(body, ports) {
    const task = readTask(TrainTask, body);
    const { model, inner } = task;
    const [{ path, theta }, shard] = await Promise.all([
      fetchPath(task, ports),
      ports.blob(task.shard).then(decodeTokens),
    ]);
    const name = `path ${task.path}${task.rollbacks ? ` after rollback ${task.rollbacks}` : ''}`;
    const kept = await ports.kept(name);
    const { version } = task.modules[0]!;
    const moments = kept && decodeMoments(kept, theta.length, version);
    ports.onComputing();

    const result = await round({
      executor: ports.executor,
      ...(ports.reopen && { reopen: ports.reopen }),
      path,
      inner: { ...inner, totalSteps: task.totalSteps },
      theta,
      moments,
      globalStep: task.globalStep,
      steps: task.steps,
      batches(step) {
        const window = { context: model.context, batch: inner.batch, seed: task.seed, step };
        const { inputs, targets } = drawWindows(shard, window);
        return { tokens: inputs, targets };
      },
      throttle: ports.throttle,
      clock: ports.clock,
      signal: ports.signal,
      deadlineMs: ports.remainingMs(),
      onProgress: ports.onProgress,
    }).catch((error: unknown) => {
      throw error instanceof LossNotFinite ? new PathfoldError('loss_not_finite', error.message) : error;
    });

    const codec = codecOf(task.codec);
    const parts = moduleSlices(path.modules).map(({ offset, length }) =>
      codec.encode(result.delta.subarray(offset, offset + length)),
    );
    return {
      payload: joinBytes(parts),
      steps: result.steps,
      tokens: result.tokens,
      computeMs: result.computeMs,
      loss: result.steps > 0 ? result.meanLoss : null,
      keep: { name, bytes: encodeMoments(result.moments, version) },
    };
  },
};

function joinBytes(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((total, part) => total + part.byteLength, 0));
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.byteLength;
  }
  return bytes;
}
