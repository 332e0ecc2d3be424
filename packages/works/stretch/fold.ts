import type { FoldBlobs, WorkFold } from '@pathfold/coordination/work-plan';
import { WeightedMean } from '@pathfold/optim/outer/fold';
import { PathfoldError } from '@pathfold/protocol/errors';
import { packFloats } from '../exact/bytes.ts';
import { SHAPE } from './exact-learner.ts';
import { pictureOf } from './exact-picture.ts';
import { seenOf } from './exact-seen.ts';
import { readStretch, type Stretch, workOf } from './exact-work.ts';
import { pointsOf, StretchFoldInput, StretchTask } from './task.ts';

const read = (task: StretchTask, payload: Uint8Array): Stretch => {
  try {
    return readStretch(task, payload);
  } catch (error) {
    throw new PathfoldError('wrong_size', (error as Error).message);
  }
};

/** The stream's half that touches numbers: guard, audit, and the mean of streams. */
export const stretchFold: WorkFold = {
  name: 'stretch',

  /** Answers `{ loss }`, the mean over the stretch, and of a chain's first segment what there is to see. Throws PathfoldError `wrong_size`, `not_finite`, `bad_steps`. */
  check(body, payload, report) {
    const task = StretchTask.parse(body);
    const batches = task.to - task.from;
    if (report.steps !== batches || report.tokens > pointsOf(task))
      throw new PathfoldError('bad_steps', `${report.steps} batches in a stretch of ${batches}`);
    const stretch = read(task, payload);
    for (const part of Object.values(stretch) as Float32Array[])
      if (!part.every(Number.isFinite))
        throw new PathfoldError('not_finite', 'the stretch holds values that are not finite');
    const loss = stretch.losses.reduce((sum, one) => sum + one, 0) / batches;
    return task.segment > 0 ? { loss } : { loss, ...seenOf(task, stretch), ...pictureOf(task, stretch) };
  },

  /** `audit`: the stretch is computed again, and must be the same bytes. `average`: the mean of the streams' weights. */
  async fold(json, blobs) {
    const input = StretchFoldInput.parse(json);
    if (input.what === 'audit') {
      const honest = await isHonest(input.body, input.sha256, blobs);
      return { modules: [], figures: null, result: { honest } };
    }
    const mean = new WeightedMean(SHAPE.weightCount);
    for (const [i, sha256] of input.contributions.entries())
      mean.add(read(input.bodies[i]!, await blobs.get(sha256)).theta, 1, 1);
    const { sha256, bytes } = await blobs.put(packFloats([mean.mean()]));
    return { modules: [], figures: null, result: { sha256, bytes } };
  },
};

async function isHonest(task: StretchTask, sha256: string, blobs: FoldBlobs): Promise<boolean> {
  const claimed = await blobs.get(sha256);
  const [start, shared] = [task.start, task.shared].map(async (ref) => ref && (await blobs.get(ref.sha256)));
  const work = workOf(task, (await start) ?? null, (await shared) ?? null);
  let step = work.next();
  while (!step.done) step = work.next();
  return step.value.length === claimed.length && step.value.every((byte, i) => byte === claimed[i]);
}
