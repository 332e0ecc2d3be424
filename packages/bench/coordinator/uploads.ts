import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { digestOf, payloadFor, upload } from './contribution.ts';
import type { ServerProcess } from './server-process.ts';
import type { BenchVolunteer } from './volunteer.ts';

const IN_FLIGHT = 16;

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

const rateOf = (payloads: readonly Buffer[], ms: number): number =>
  payloads.reduce((sum, payload) => sum + payload.byteLength, 0) / 1e6 / (ms / 1000);

/** The least that durable storing by content takes: hash, write, fsync. */
const storeBare = (folder: string) => async (payload: Buffer) => {
  createHash('sha256').update(payload).digest('hex');
  const file = await open(join(folder, randomUUID()), 'wx');
  await file.writeFile(payload);
  await file.sync();
  await file.close();
};

/**
 * One contribution from each volunteer, all leases taken before: megabytes a second from the first byte sent to the
 * last one checked and accepted, beside the mean of a bare loop over the same bytes before and after.
 */
export const measureUploads = async (server: ServerProcess, volunteers: readonly BenchVolunteer[]) => {
  const leases = await Promise.all(volunteers.map((volunteer) => volunteer.lease()));
  const payloads = leases.map(payloadFor);
  const digests = payloads.map(digestOf);
  const folder = join(server.folder, 'bare');
  await mkdir(folder);
  const bare = () => timed(payloads.map((payload) => () => storeBare(folder)(payload)));

  const bareBefore = await bare();
  const start = performance.now();
  const accepted = Promise.all(volunteers.map((volunteer) => volunteer.settled()));
  await timed(leases.map((lease, i) => () => upload(server.url, lease, payloads[i]!, digests[i]!)));
  await accepted;
  const ms = performance.now() - start;
  const bareAfter = await bare();
  await rm(folder, { recursive: true });
  const [uploaded, before, after] = [ms, bareBefore, bareAfter].map((time) => rateOf(payloads, time)) as [
    number,
    number,
    number,
  ];
  return { bytes: payloads[0]!.byteLength, uploadMBps: uploaded, bareMBps: (before + after) / 2 };
};
