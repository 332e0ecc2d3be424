// Made issue-19.json.gz and issue-19.figures.json, by the product of commit 4eff0aa: npx tsx server/upgrade/record.ts
import { rmSync, writeFileSync } from 'node:fs';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { RunResource } from '@pathfold/protocol/resources';
import type { RunSpecInput } from '@pathfold/protocol/run-spec';
import { openDatabase } from '../store/database.ts';
import { asOperator, startTestCoordinator, type TestCoordinator, until, uploadCorpus } from '../testing/coordinator.ts';
import { packFolder, unpackFolder } from './data-folder.ts';
import { figuresOf } from './figures.ts';
import { Headless } from './headless.ts';

const DATA = fileURLToPath(new URL('issue-19.json.gz', import.meta.url));
const FIGURES = fileURLToPath(new URL('issue-19.figures.json', import.meta.url));
const MINUTES = 60_000;

const model = { width: 16, blocks: 2, heads: 2, context: 16, vocabulary: 260 };
const language = {
  model,
  inner: { steps: 20, batch: 2, warmupSteps: 4 },
  replicas: 1,
  roundDeadlineMs: 60 * MINUTES,
  totalSteps: 100_000,
  evaluateEvery: 2,
} satisfies Partial<RunSpecInput>;
const two = { experts: 2, blocks: 1 };
const evolution = { population: 8, litter: 4, tasks: 100, testTasks: 20, curveEvery: 2, deadlineMs: 60 * MINUTES };

const runs = (corpus: string): Record<string, object> => ({
  rounds: { ...language, corpus, replicas: 2, quorum: 2 },
  paths: { ...language, corpus, levels: [two, two], base: { steps: 40 } },
  arrivals: {
    ...{ ...language, corpus, mode: 'async', levels: [{ experts: 2, blocks: 2 }], routing: { kind: 'random' } },
    async: { grace: 2 },
  },
  evolution: {
    study: 'baldwin',
    config: { ...evolution, arms: [{ name: 'baldwin', method: 'baldwin', generations: 100_000 }] },
  },
  stream: {
    study: 'what-and-how',
    config: { arms: [{ name: 'context', method: 'context' }], batches: 1_000_000, stretch: 200 },
  },
  'evolution over': {
    study: 'baldwin',
    config: { ...evolution, arms: [{ name: 'lamarck', method: 'lamarck', generations: 2 }] },
  },
});
const GOING = ['rounds', 'paths', 'arrivals', 'evolution', 'stream'];

const volunteers = GOING.flatMap((name) => [name, ...(name === 'rounds' || name === 'paths' ? [name] : [])]).map(
  (run) => ({ run, headless: new Headless() }),
);
// Nobody vouches for the one of the evolution: its litters are audited.
const trustedVolunteers = volunteers.filter(({ run }) => run !== 'evolution').map(({ headless }) => headless.id);

const all = async ({ ask }: TestCoordinator): Promise<RunResource[]> =>
  (await ask({ url: '/api/v1/runs', headers: asOperator })).json<{ items: RunResource[] }>().items;

async function createRuns(coordinator: TestCoordinator): Promise<void> {
  const corpus = await uploadCorpus(coordinator, 120);
  for (const [name, spec] of Object.entries(runs(corpus))) {
    const created = await coordinator.ask({
      ...{ method: 'POST', url: '/api/v1/runs', headers: asOperator },
      payload: { name, ...spec },
    });
    if (created.statusCode !== 201) throw new Error(created.body);
  }
}

/** Everybody works rather for the run that it is for. */
async function lend(coordinator: TestCoordinator): Promise<void> {
  const origin = await coordinator.listen();
  const ids = new Map((await all(coordinator)).map(({ name, id }) => [name, id]));
  for (const { run, headless } of volunteers) headless.start(origin, `for ${run}`, ids.get(run));
}

const everybodyLeaves = () => Promise.all(volunteers.map(({ headless }) => headless.kill()));

/** Stops the coordinator in a moment that leaves as much as can be halfway: nothing that comes later is in the log. */
async function stopHalfway(coordinator: TestCoordinator, least: number): Promise<void> {
  const { host, registry } = coordinator.coordinator;
  const going = () => registry.list().filter(({ spec }) => GOING.includes(spec.name));
  for (const end = Date.now() + 5 * MINUTES; ; await nextTurn()) {
    if (Date.now() > end) throw new Error('there was no such moment');
    const leases = Object.values(host.state.leases);
    const records = going().flatMap(({ id }) => host.state.runs[id] ?? []);
    const versions = records.flatMap(({ facts }) => Object.values(facts.modules).map(({ version }) => version));
    const isFolding = records.some(({ kinds, folds }) => kinds.includes('train') && Object.keys(folds).length > 0);
    const isChecking = leases.some(({ contribution }) => contribution !== null && contribution.figures === null);
    const areAllAtWork = records.every(({ facts }) => leases.some(({ run }) => run === facts.id));
    if (records.length === GOING.length && Math.min(...versions) >= least)
      if (isFolding && isChecking && areAllAtWork) break;
  }
  await host.stop();
}

/** As after kill -9: without what the stop has saved. */
async function forgetNewestSnapshot(dataDir: string): Promise<void> {
  const { db, close } = await openDatabase({ dataDir, databaseUrl: null });
  const seqs = (await db.selectFrom('snapshots').select('seq').orderBy('seq', 'desc').execute()).map(({ seq }) => seq);
  if (seqs.length !== 2) throw new Error(`there are ${seqs.length} snapshots`);
  await db.deleteFrom('snapshots').where('seq', '=', seqs[0]!).execute();
  console.log(`the snapshot is of event ${seqs[1]} of ${seqs[0]}`);
  await close();
}

const patient = { trustedVolunteers, timings: { silenceMs: 60 * MINUTES } };
try {
  const coordinator = await startTestCoordinator(patient);
  await createRuns(coordinator);
  await lend(coordinator);
  const haveBegun = async () => (await all(coordinator)).every(({ round }) => round >= 1);
  await until('rounds of all', haveBegun, 10 * MINUTES);
  await everybodyLeaves();
  await coordinator.restart();
  await lend(coordinator);
  await stopHalfway(coordinator, 2);
  await everybodyLeaves();
  // Twice: what a first sweep finds unneeded, the second deletes.
  for (let sweeps = 0; sweeps < 2; sweeps++) await coordinator.coordinator.sweep.run();
  await coordinator.app.close();
  await coordinator.coordinator.close();
  await forgetNewestSnapshot(coordinator.folder);
  await packFolder(coordinator.folder, DATA);
  rmSync(coordinator.folder, { recursive: true });

  const again = await startTestCoordinator(patient, await unpackFolder(DATA, { snapshots: true }));
  let figures = '';
  for (let before = null; before !== figures; await sleep(5000)) {
    before = figures;
    figures = JSON.stringify(await figuresOf(again), null, 1);
  }
  writeFileSync(FIGURES, `${figures}\n`);
  await again.close();
} finally {
  await Promise.all(volunteers.map(({ headless }) => headless.dispose()));
}
