import { ScriptedVolunteer } from '@pathfold/volunteer/scripted/volunteer';
import { digestOf, EXECUTOR, payloadFor, upload } from './coordinator/contribution.ts';
import { measureLeases } from './coordinator/leases.ts';
import { type BenchRuns, openRuns } from './coordinator/runs.ts';
import { type ServerProcess, startServer } from './coordinator/server-process.ts';
import { measureUploads, ratesOf, type UploadTimes } from './coordinator/uploads.ts';
import type { BenchOptions, BenchResult } from './options.ts';

const HEARTBEAT_MS = 10_000;
const PATIENCE_MS = 600_000;
const RATE = 100;
const SMALL_RUNS = 6;
const REPLICAS = 64;
const JOINING = 50;

const SMALL = { width: 8 };
/** A contribution of about 1 and of about 4 MB, and how many runs that are trained together, 64 contributions each. */
const UPLOADS = {
  '1MB': { model: { width: 128, vocabulary: 420 }, count: 4 },
  '4MB': { model: { width: 256, vocabulary: 830 }, count: 1 },
};
/** One level of 101 MB. */
const LARGE = { width: 1024, blocks: 2, heads: 8 };
const ROUNDS = 4;

const joinAll = async (url: string, count: number): Promise<ScriptedVolunteer[]> => {
  const volunteers: ScriptedVolunteer[] = [];
  let begun = 0;
  const worker = async () => {
    while (begun++ < count) {
      const volunteer = new ScriptedVolunteer(new URL(url).origin, undefined, EXECUTOR);
      await volunteer.join('bench');
      volunteer.beat(HEARTBEAT_MS);
      volunteers.push(volunteer);
    }
  };
  await Promise.all(Array.from({ length: JOINING }, worker));
  return volunteers;
};

/**
 * Delay of the socket loop while a large module is uploaded, checked and stepped, again and again. As the coordinator's
 * metrics have it: the time from one look at the clock to the next, the 10 ms that should lie between them included.
 */
const measureStepping = async (
  server: ServerProcess,
  runs: BenchRuns,
  volunteer: ScriptedVolunteer,
  rounds: number,
) => {
  const run = await runs.create('large', 1, LARGE);
  await server.metrics();
  let bytes = 0;
  for (let round = 1; round <= rounds; round++) {
    const lease = await volunteer.lease(PATIENCE_MS);
    const payload = payloadFor(lease);
    bytes = payload.byteLength;
    const accepted = volunteer.settled(lease, PATIENCE_MS);
    await Promise.all([upload(server.url, lease, payload, digestOf(payload)), accepted]);
    await runs.reach(run, round);
  }
  const lag = (await server.metrics())('pathfold_nodejs_eventloop_lag_p99_seconds');
  return { bytes, rounds, loopDelayP99Ms: 1000 * lag };
};

/**
 * The coordinator under load, from outside: a server process with an empty PGlite database, and this process with
 * volunteers that compute nothing. Leases and settlements a second with thousands of sockets; storing of
 * contributions beside a bare loop; delay of the socket loop while a 100 MB module is stepped.
 */
export const run = async ({ quick }: BenchOptions): Promise<BenchResult> => {
  const [sockets, seconds, rounds] = quick ? [500, 10, 1] : [5000, 60, ROUNDS];
  const server = await startServer(sockets + 100);
  try {
    const runs = await openRuns(server);
    const small: string[] = [];
    for (let i = 0; i < SMALL_RUNS; i++) small.push(await runs.create(`small ${i}`, REPLICAS, SMALL));
    const volunteers = await joinAll(server.url, sockets);
    console.log(`${volunteers.length} volunteers have joined`);
    const leases = await measureLeases(server, volunteers, RATE, seconds);
    console.log('leases', leases);
    for (const id of small) await runs.pause(id);

    const uploads: Record<string, ReturnType<typeof ratesOf>> = {};
    for (const [name, { model, count }] of Object.entries(UPLOADS)) {
      // The runs of one size are trained together, so that their rounds end together, after the last contribution.
      const ids: string[] = [];
      for (let i = 0; i < count; i++) ids.push(await runs.create(`${name} ${i}`, REPLICAS, model));
      const times: UploadTimes[] = [];
      for (let round = 1; round <= rounds; round++) {
        times.push(await measureUploads(server, volunteers.slice(-count * REPLICAS)));
        for (const id of ids) await runs.reach(id, round);
      }
      for (const id of ids) await runs.pause(id);
      uploads[name] = ratesOf(times);
      console.log('uploads', name, uploads[name]);
    }

    const stepping = await measureStepping(server, runs, volunteers[0]!, rounds);
    for (const volunteer of volunteers) volunteer.leave();
    return {
      results: { leases, ...uploads, stepping },
      ratios: Object.fromEntries(Object.entries(uploads).map(([name, { share }]) => [`${name} / bare`, share])),
    };
  } finally {
    await server.stop();
  }
};
