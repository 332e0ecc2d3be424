import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { only, Table } from '@pathfold/coordination/coordinator/table';
import { studyRun } from '@pathfold/coordination/study-run';
import { RunSpec } from '@pathfold/protocol/run-spec';
import { expect, test } from 'vitest';
import type { WorkPorts } from '../work-run.ts';
import { squaresFold, squaresPlan, squaresRun } from './squares.ts';

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
  const table = new Table([squaresPlan]);
  const config = squaresPlan.configure!({ below: 250 });
  const spec = RunSpec.parse({ name: 'squares', corpus: 'none' });
  table.create(studyRun('r', spec, { name: 'squares', config, auditSeed: 1 }), ['squares']);
  table.join('lost');
  table.take({ type: 'LeaseEnded', lease: table.lease('lost'), code: 'user', detail: '' });
  table.join('a');
  for (let lease = table.state.volunteers['a']!.lease; lease; lease = table.state.volunteers['a']!.lease) {
    const { body, steps } = table.state.leases[lease]!.task;
    const { payload, ...done } = await squaresRun.execute(body, ports);
    const report = {
      ...done,
      downloadedBytes: { peers: 0, coordinator: 0 },
      executor: { name: 't', adapter: '', tokensPerSecond: 0 },
    };
    const figures = squaresFold.check(body, payload, report);
    table.receive(lease, steps);
    const decided = table.take({ type: 'ContributionChecked', lease, figures });
    expect(only(decided, 'ContributionAccepted')[0]).toMatchObject({ credit: steps, flops: 2 * steps });
    table.ready('a');
  }
  expect(table.state.runs['r']).toMatchObject({
    state: 'finished',
    works: { squares: { sum: (249 * 250 * 499) / 6 } },
  });
});

test('the page shows the whole example, in under 100 lines', () => {
  expect(source.split('\n').length).toBeLessThan(100);
  expect(readFileSync(join(root, 'docs/adding-a-kind-of-work.md'), 'utf8')).toContain(`\`\`\`ts\n${source}\`\`\``);
});

/** Where leases are decided, folded, stored and carried: whatever the kind. */
const KINDLESS = [
  'packages/coordination/coordinator',
  'packages/coordination/volunteer',
  'packages/coordination/swarm',
  'packages/protocol/up.ts',
  'packages/protocol/down.ts',
  'server/store',
  'server/executors',
  'server/uploads',
  'server/sockets',
  'server/host.ts',
  'server/effects.ts',
  'server/computing.ts',
  'server/desk.ts',
  'apps/studies',
];

test('minds, guard, credit, storage and gallery know no kind by name', () => {
  const works = join(root, 'packages/works');
  const kinds = readdirSync(works).filter(
    (name) => statSync(join(works, name)).isDirectory() && !['exact', 'example'].includes(name),
  );
  expect(kinds).toEqual(expect.arrayContaining(['train', 'evaluate', 'route', 'litter', 'stretch']));
  const files = execFileSync('git', ['ls-files', ...KINDLESS], { cwd: root, encoding: 'utf8' }).split('\n');
  const named = files
    .filter((file) => /\.tsx?$/.test(file) && !/\.test\.tsx?$|battery\.ts$|fixture|table\.ts$/.test(file))
    .filter((file) => kinds.some((kind) => readFileSync(join(root, file), 'utf8').includes(`'${kind}'`)));
  expect(named).toEqual([]);
});
