import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { only, Table } from '@pathfold/coordination/coordinator/table.fixture';
import { studyRun } from '@pathfold/coordination/study-run';
import type { FoldBlobs } from '@pathfold/coordination/work-plan';
import { RunSpec } from '@pathfold/protocol/run-spec';
import { expect, test, vi } from 'vitest';
import type { Kind, LoggedKind } from '../kinds.ts';
import type { WorkPorts } from '../work-run.ts';

/** The example's place in the one list, as the page shows it; all else is what the hosts make of the list. */
vi.mock('@pathfold/works/kinds', async (load) => {
  const kinds = await load<typeof import('../kinds.ts')>();
  const squares: Kind = {
    name: 'squares',
    words: { doing: 'Adding squares' },
    plan: async () => (await import('./squares.ts')).squaresPlan as Awaited<ReturnType<LoggedKind['plan']>>,
    run: async () => (await import('./squares.ts')).squaresRun,
    fold: async () => (await import('./squares.ts')).squaresFold,
  };
  return { ...kinds, KINDS: [...kinds.KINDS, squares] };
});
const { KINDS } = await import('@pathfold/works/kinds');
const { plans } = await import('../../../server/works.ts');
const { folds } = await import('../../../server/executors/folds.ts');
const { runOf, wordsOf } = await import('../../volunteer/works.ts');

const root = join(import.meta.dirname, '..', '..', '..');
const source = readFileSync(join(import.meta.dirname, 'squares.ts'), 'utf8');

const ports = {
  clock: { now: () => 0, sleep: async () => {} },
  throttle: () => 1,
  remainingMs: () => 1000,
  signal: new AbortController().signal,
  onComputing: () => {},
  onProgress: () => {},
} as unknown as WorkPorts;

test('a kind that nothing but its folder and the list knows is leased, computed, checked and finished', async () => {
  const table = new Table(plans);
  const plan = plans.find(({ traits }) => traits?.studies?.includes('squares'))!;
  const fold = folds.find(({ name }) => name === 'squares')!;
  const run = (await runOf('squares'))!;
  expect(wordsOf('squares')).toEqual({ doing: 'Adding squares' });
  const config = plan.traits!.configure!({ below: 250 });
  const spec = RunSpec.parse({ name: 'squares', corpus: 'none' });
  table.create(studyRun('r', spec, { name: 'squares', config, auditSeed: 1 }), ['squares']);
  table.join('lost');
  table.take({ type: 'LeaseEnded', lease: table.lease('lost'), code: 'user', detail: '' });
  table.join('a');
  for (let lease = table.state.volunteers['a']!.lease; lease; lease = table.state.volunteers['a']!.lease) {
    const { body, steps } = table.state.leases[lease]!.task;
    const { payload, ...done } = await run.execute(body, ports);
    const report = {
      ...done,
      downloadedBytes: { peers: 0, coordinator: 0 },
      executor: { name: 't', adapter: '', tokensPerSecond: 0 },
    };
    const figures = fold.check(body, payload, report);
    table.receive(lease, steps);
    const decided = table.take({ type: 'ContributionChecked', lease, figures });
    expect(only(decided, 'ContributionAccepted')[0]).toMatchObject({ credit: steps, flops: 2 * steps });
    for (const audit of only(decided, 'FoldBegun')) {
      const output = await fold.fold(audit.fold.input, { get: async () => payload } as unknown as FoldBlobs);
      expect(output.result).toEqual({ honest: true });
      table.take({ ...audit, type: 'FoldEnded', fold: audit.fold.key, output });
    }
    table.ready('a');
  }
  expect(table.state.runs['r']).toMatchObject({
    state: 'finished',
    works: { squares: { chains: [{ sum: (249 * 250 * 499) / 6 }] } },
  });
});

test('the page shows the whole example, in under 60 lines', () => {
  expect(source.split('\n').length).toBeLessThan(61);
  expect(readFileSync(join(root, 'docs/adding-a-kind-of-work.md'), 'utf8')).toContain(`\`\`\`ts\n${source}\`\`\``);
});

/** Where leases are decided, folded, stored, carried and shown: whatever the kind. */
const KINDLESS = [
  'packages/coordination',
  'packages/protocol/up.ts',
  'packages/protocol/down.ts',
  'packages/blobs',
  'packages/swarm',
  'packages/volunteer',
  'packages/cli',
  'packages/client',
  ':(glob)server/*.ts',
  'server/api',
  'server/executors',
  'server/preparation',
  'server/prompts',
  'server/runs',
  'server/sockets',
  'server/store',
  'server/uploads',
  'apps',
];
/** Words that are also names of kinds, and mean something else there. */
const HOMONYMS: Readonly<Record<string, string>> = {
  // A verb of the API: scores of the newest round.
  'packages/client/client.ts': 'evaluate',
  'apps/operator/runs/run-actions.tsx': 'evaluate',
  'apps/operator/runs/run-orders.ts': 'evaluate',
  // The question to the prompt thread: which path a text goes to.
  'server/prompts/messages.ts': 'route',
  'server/prompts/prompt-worker.ts': 'route',
  'server/prompts/worker.ts': 'route',
  // A split of the documents.
  'server/preparation/thread.ts': 'train',
  // The answer to a worker, and the words that one browser says to another that offers a link.
  'packages/volunteer/compute/worker.ts': 'answer',
  'packages/volunteer/compute/client.ts': 'answer',
  'packages/volunteer/compute/messages.ts': 'answer',
  'packages/swarm/wire.ts': 'answer',
};
const IS_TEST = /\.test\.tsx?$|\.(spec|long)\.ts$|battery\.ts$|fixture|table\.ts$|\.tmp\.ts$|^server\/upgrade\//;

test('minds, simulator, guard, credit, storage and pages know no kind by name', () => {
  const works = join(root, 'packages/works');
  const folders = readdirSync(works).filter((name) => existsSync(join(works, name, 'plan.ts')));
  const listed = [...textOf('packages/works/kinds.ts').matchAll(/import\('\.\/([^/]+)\/plan\.ts'\)/g)];
  expect(listed.map(([, folder]) => folder).toSorted()).toEqual(folders.toSorted());
  expect(folders).toEqual(expect.arrayContaining(['train', 'evaluate', 'route', 'answer', 'baldwin', 'what-and-how']));
  const kinds = [...folders, ...KINDS.map(({ name }) => name)];
  const named = sources(KINDLESS).filter((file) => kinds.some((kind) => names(file, kind)));
  expect(named).toEqual([]);
});

test('a study on the network is its folders and a line in two files', () => {
  const files = sources(['packages', 'apps', 'server', 'e2e', '.dependency-cruiser.cjs']);
  for (const [study, stored] of [
    ['baldwin', 'litter'],
    ['what-and-how', 'stretch'],
  ] as const) {
    const own = [`packages/works/${study}/`, `packages/studies/${study}/`];
    const knows = new RegExp(`'${stored}'|'${study}'|/${study}/`);
    const outside = files.filter((file) => !own.some((folder) => file.startsWith(folder)));
    const named = outside.filter((file) => knows.test(textOf(file)));
    expect(named, study).toEqual(['packages/studies/names.ts', 'packages/works/kinds.ts']);
  }
});

test('the page says of each way to reduce results where it is', () => {
  const page = readFileSync(join(root, 'docs/adding-a-kind-of-work.md'), 'utf8');
  const rows = page.split('\n').filter((line) => /^\| R\d /.test(line));
  expect(rows.map((row) => row.slice(2, 4))).toEqual(['R1', 'R2', 'R3', 'R4', 'R5', 'R6', 'R7']);
  const files = rows.flatMap((row) => [...row.matchAll(/`(packages\/[^`]+)`/g)].map(([, file]) => file!));
  expect(files.length).toBeGreaterThanOrEqual(7);
  for (const file of files) expect(existsSync(join(root, file)), file).toBe(true);
});

/** Code that git has at these places, outside tests. */
const sources = (places: readonly string[]): string[] =>
  execFileSync('git', ['ls-files', ...places], { cwd: root, encoding: 'utf8' })
    .split('\n')
    .filter((file) => /\.(tsx?|mjs|cjs)$/.test(file) && !IS_TEST.test(file));

/** Whether a file says a kind's name, or takes something out of its folder past the list. */
function names(file: string, kind: string): boolean {
  const text = textOf(file);
  return text.includes(`@pathfold/works/${kind}/`) || (HOMONYMS[file] !== kind && text.includes(`'${kind}'`));
}

/** Nothing for a file that is listed and gone. */
const textOf = (file: string): string => (existsSync(join(root, file)) ? readFileSync(join(root, file), 'utf8') : '');
