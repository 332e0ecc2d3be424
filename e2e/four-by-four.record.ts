import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { only } from '@pathfold/coordination/coordinator/table.fixture';
import type { CoordinatorEvent } from '@pathfold/coordination/events';
import type { Evaluation } from '@pathfold/protocol/resources';
import type { TrainTask } from '@pathfold/works/train/task';
import { openDatabase } from '../server/store/database.ts';
import { expect, test } from './browser.ts';
import { Headless, until } from './coordinator.ts';
import { TINY } from './runs.ts';
import { lend } from './volunteer-page.ts';

const OUT = fileURLToPath(new URL('../docs/runs/four-by-four', import.meta.url));
const SPEC = {
  name: 'four by four',
  model: { width: 64, blocks: 4, heads: 2, context: 64, vocabulary: 512 },
  levels: [
    { experts: 4, blocks: 2 },
    { experts: 4, blocks: 2 },
  ],
  embedding: 'level' as const,
  base: { steps: 600 },
  inner: { steps: 30, batch: 8, learningRate: 0.002, warmupSteps: 40 },
  replicas: 1,
  roundDeadlineMs: 300_000,
  totalSteps: 360,
  evaluateEvery: 4,
};
const MINUTES = 60_000;

async function readLog(dataDir: string): Promise<CoordinatorEvent[]> {
  const { db, close } = await openDatabase({ dataDir, databaseUrl: null });
  const rows = await db.selectFrom('events').select('event').orderBy('seq').execute();
  await close();
  return rows.map(({ event }) => JSON.parse(event) as CoordinatorEvent);
}

/** Rounds of a path that ended with accepted work. */
function roundsOf(log: CoordinatorEvent[], run: string, path: string): number {
  const accepted = new Set(only(log, 'ContributionAccepted').map(({ lease }) => lease));
  const tasks = only(log, 'LeaseGranted')
    .filter((grant) => grant.run === run && grant.kind === 'train' && accepted.has(grant.lease))
    .map(({ task }) => task.body as unknown as TrainTask);
  return new Set(tasks.filter((task) => task.path === path).map(({ round }) => round)).size;
}

/** Sixteen paths of one model, to the end of its run; the decision log and the figures go into docs. */
test('three tabs and two headless volunteers, who come and go, train sixteen paths to the end', async ({
  coordinator,
  visitor,
}) => {
  test.setTimeout(90 * MINUTES);
  const { client } = coordinator;
  const headless = (name: string) =>
    new Headless(coordinator.url, join(coordinator.folder, name), '--share', '--name', name);
  const tab = async () => lend(await visitor(), coordinator.url, { computeOn: 'CPU', share: true });

  const first = headless('first');
  const second = headless('second');
  const tabs = [await tab(), await tab(), await tab()];
  const run = await client.runs.create({ ...TINY, ...SPEC });
  const round = async (least: number) =>
    until(
      `round ${least}`,
      async () => {
        const now = await client.runs.get(run.id);
        if (now.state === 'failed' || now.state === 'paused') throw new Error(`${now.state}: ${now.reason}`);
        return now.round >= least && now;
      },
      30 * MINUTES,
    );

  await test.step('a tab is closed, a headless volunteer vanishes, both are replaced', async () => {
    await round(2);
    await tabs[0]!.context().close();
    await round(3);
    await second.stop('SIGKILL');
    await round(4);
    tabs[0] = await tab();
  });
  const third = await test.step('the coordinator is killed and comes back; another volunteer joins', async () => {
    await round(6);
    await coordinator.kill('SIGKILL');
    await coordinator.boot();
    return headless('third');
  });
  await test.step('one says good-bye in time', async () => {
    await round(9);
    await tabs[1]!.getByRole('button', { name: 'Finish and stop' }).click();
  });

  const whole = await until(
    'the end of the run and its evaluation',
    async () => {
      const { state } = await client.runs.get(run.id);
      const evaluation = await client.runs.evaluation(run.id);
      return state === 'finished' && evaluation?.whole && { ...evaluation, whole: evaluation.whole };
    },
    30 * MINUTES,
  );
  const base = await client.runs.get((await client.runs.get(run.id)).baseRun!);
  const { items: modules } = await client.runs.modules(run.id);
  const { items: paths } = await client.runs.paths(run.id);
  for (const volunteer of [first, third]) await volunteer.stop();
  await coordinator.kill('SIGTERM');
  const log = await readLog(join(coordinator.folder, 'data'));

  const rounds = Object.fromEntries(paths.map(({ id }) => [id, roundsOf(log, run.id, id)]));
  mkdirSync(OUT, { recursive: true });
  writeFileSync(join(OUT, 'decisions.jsonl.gz'), gzipSync(log.map((event) => JSON.stringify(event)).join('\n')));
  writeFileSync(join(OUT, 'figures.json'), `${JSON.stringify(figures(whole), null, 1)}\n`);

  expect(paths).toHaveLength(16);
  expect(Math.min(...Object.values(rounds))).toBeGreaterThanOrEqual(10);
  expect(new Set(modules.map(({ blob }) => blob.sha256)).size).toBe(modules.length);
  expect(whole.whole.routedBitsPerByte).toBeLessThan(base.validBitsPerByte!);

  function figures({ validBitsPerByte, whole: { routedBitsPerByte, oracleBitsPerByte, rerouted } }: Whole) {
    return {
      spec: run.spec,
      baseBitsPerByte: base.validBitsPerByte,
      ...{ validBitsPerByte, routedBitsPerByte, oracleBitsPerByte, rerouted },
      roundsOfPath: rounds,
      minutes: (log.at(-1)!.at - log[0]!.at) / MINUTES,
      events: log.length,
      joins: only(log, 'VolunteerJoined').length,
      lost: only(log, 'VolunteerLost').length,
      starts: only(log, 'CoordinatorStarted').length,
      modules: Object.fromEntries(modules.map(({ name, version, blob }) => [name, { version, sha256: blob.sha256 }])),
    };
  }
});

type Whole = Evaluation & { whole: NonNullable<Evaluation['whole']> };
