import type { FoldBlobs, Json } from '@pathfold/coordination/work-plan';
import { WeightedMean } from '@pathfold/optim/outer/fold';
import { packFloats } from '../exact/bytes.ts';
import { readFinite, stagedFold } from '../stages/fold-staged.ts';
import { SHAPE } from './exact-learner.ts';
import { seenOf } from './exact-seen.ts';
import { readPart, whatAndHowPart } from './exact-work.ts';
import { AverageInput, type WhatAndHowTask } from './task.ts';

/** `{ loss }`, the mean over the part, and of a chain's first segment what there is to see. Throws PathfoldError `wrong_size`, `not_finite`. */
function figures(task: WhatAndHowTask, payload: Uint8Array): Record<string, number> {
  const result = readFinite(() => readPart(task, payload));
  const loss = result.losses.reduce((sum, one) => sum + one, 0) / (task.to - task.from);
  return task.segment > 0 ? { loss } : { loss, ...seenOf(task, result) };
}

/** The mean of the weights of all segments. */
async function average(input: Json, blobs: FoldBlobs): Promise<Json> {
  const { bodies, contributions } = AverageInput.parse(input);
  const mean = new WeightedMean(SHAPE.weightCount);
  for (const [i, sha256] of contributions.entries())
    mean.add(readPart(bodies[i]!, await blobs.get(sha256)).theta, 1, 1);
  const { sha256, bytes } = await blobs.put(packFloats([mean.mean()]));
  return { sha256, bytes };
}

export const whatAndHowFold = stagedFold(whatAndHowPart, { figures, combine: average });
