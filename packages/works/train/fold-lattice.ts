import { bytesOf } from '@pathfold/checkpoint/layout';
import { halfBytesOf, halvesIn, valuesOf } from '@pathfold/compression/half';
import { nextVersion, type Step } from '@pathfold/compression/next-version';
import type { FoldBlobs, FoldOutput } from '@pathfold/coordination/work-plan';
import type { BlobRef } from '@pathfold/protocol/blob';
import type { TrainFoldInput } from './task.ts';

type Sent = Required<Pick<FoldOutput['modules'][number], 'blob' | 'lattice'>>;

/**
 * Stores the version of a module that is nearest to its master, and the ways to it. Null, with nothing stored, where no
 * lattice holds it: then the master itself is the version.
 * @param sha256 of the version before.
 */
export async function putOnLattice(
  step: Omit<Step, 'lattice'>,
  sha256: string,
  before: NonNullable<TrainFoldInput['lattice']> | null,
  blobs: FoldBlobs,
): Promise<Sent | null> {
  const lattice = before && { ...before, snapshot: valuesOf(halvesIn(await blobs.get(before.snapshot.sha256))) };
  const next = nextVersion({ ...step, lattice });
  if (!next) return null;
  const snapshot = next.snapshot ? await blobs.put(halfBytesOf(next.snapshot)) : before!.snapshot;
  const patches: { from: string; bytes: number; sha256: string }[] = [];
  const way = async (from: string, patch: Uint8Array) => patches.push({ from, ...(await blobs.put(patch)) });
  if (next.fromBefore) await way(sha256, next.fromBefore);
  await way(snapshot.sha256, next.fromSnapshot);
  const blob: BlobRef = await blobs.put(bytesOf(next.version));
  const { step: size, movement } = next.lattice;
  return { blob, lattice: { snapshot, patches, step: size, movement } };
}
