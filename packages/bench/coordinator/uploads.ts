import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ScriptedVolunteer } from '@pathfold/volunteer/scripted/volunteer';
import { digestOf, payloadFor, upload } from './contribution.ts';
import type { ServerProcess } from './server-process.ts';

const IN_FLIGHT = 16;
const PATIENCE_MS = 600_000;

/** Runs the jobs, at most IN_FLIGHT at a time; answers the milliseconds. */
const timed = async (jobs: readonly (() => Promise<unknown>)[]): Promise<number> => {
  const start = performance.now();
  const queue = [...jobs];
  const worker = async () => {
    for (let job = queue.shift(); job; job = queue.shift()) await job();
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, worker));
  return performance.now() - start;
};

/** The least that durable storing by content takes: hash, write, fsync. */
const storeBare = (folder: string) => async (payload: Buffer) => {
  createHash('sha256').update(payload).digest('hex');
  const file = await open(join(folder, randomUUID()), 'wx');
  await file.writeFile(payload);
  await file.sync();
  await file.close();
};

/** Bytes, and milliseconds from the first one sent to the last one accepted, and of the bare loop. */
export interface UploadTimes {
  readonly bytes: number;
  readonly uploadMs: number;
  readonly bareMs: number;
}

/**
 * One contribution from each volunteer, all leases taken before, checked and accepted; beside it the mean of a bare
 * loop over the same bytes before and after.
 */
export const measureUploads = async (
  server: ServerProcess,
  volunteers: readonly ScriptedVolunteer[],
): Promise<UploadTimes> => {
  const leases = await Promise.all(volunteers.map((volunteer) => volunteer.lease(PATIENCE_MS)));
  const payloads = leases.map(payloadFor);
  const digests = payloads.map(digestOf);
  const folder = join(server.folder, 'bare');
  await mkdir(folder);
  const bare = () => timed(payloads.map((payload) => () => storeBare(folder)(payload)));

  const bareBefore = await bare();
  const start = performance.now();
  const accepted = Promise.all(volunteers.map((volunteer, i) => volunteer.settled(leases[i]!, PATIENCE_MS)));
  await timed(leases.map((lease, i) => () => upload(server.url, lease, payloads[i]!, digests[i]!)));
  await accepted;
  const uploadMs = performance.now() - start;
  const bareAfter = await bare();
  await rm(folder, { recursive: true });
  const bytes = payloads.reduce((sum, payload) => sum + payload.byteLength, 0);
  return { bytes, uploadMs, bareMs: (bareBefore + bareAfter) / 2 };
};

/** Megabytes a second over several measurements. */
export const ratesOf = (times: readonly UploadTimes[]) => {
  const total = (key: keyof UploadTimes) => times.reduce((sum, time) => sum + time[key], 0);
  const rate = (key: 'uploadMs' | 'bareMs') => total('bytes') / 1e3 / total(key);
  return { uploadMBps: rate('uploadMs'), bareMBps: rate('bareMs'), share: total('bareMs') / total('uploadMs') };
};
