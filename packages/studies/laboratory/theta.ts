import type { BlobStore } from '@pathfold/blobs/blob-store';
import { DENSE_PATH, loadPath } from '@pathfold/checkpoint/path';
import type { RunFacts } from '@pathfold/coordination/work-plan';
import { newestRefs } from '@pathfold/works/module-refs';

/** The parameters of a run's dense path as they are now, flat. */
export const thetaOf = (blobs: BlobStore, facts: RunFacts): Promise<Float32Array> =>
  loadPath(newestRefs(facts, DENSE_PATH), async ({ sha256 }) => (await blobs.get(sha256))!);
