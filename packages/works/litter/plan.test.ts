import { only, Table } from '@pathfold/coordination/coordinator/table';
import { studyRun } from '@pathfold/coordination/study-run';
import { RunSpec } from '@pathfold/protocol/run-spec';
import { beforeEach, describe, expect, test } from 'vitest';
import { type LitterState, litterPlan } from './plan.ts';
import { LitterConfig, type LitterTask } from './task.ts';

const spec = RunSpec.parse({ name: 'litters', corpus: 'none', seed: 1 });
const run = (config: object) =>
  studyRun('r', spec, {
    name: 'baldwin',
    auditSeed: 7,
    config: LitterConfig.parse({
      population: 8,
      litter: 4,
      tasks: 2,
      testTasks: 2,
      curveEvery: 100,
      auditEvery: 1000,
      ...config,
    }),
  });

let table: Table;
beforeEach(() => {
  table = new Table([litterPlan]);
});
const begin = (config: object) => table.create(run(config), ['litter']);
const state = () => table.state.runs['r']!.works['litter'] as LitterState;
const chain = () => state().chains[0]!;
const task = (lease: string) => table.state.leases[lease]!.task.body as unknown as LitterTask;

/** The holder's answer comes in; without values each genome's loss is its place plus one. */
function answer(volunteer: string, values?: readonly number[]) {
  const lease = table.lease(volunteer);
  const body = task(lease);
  const count = body.what === 'litter' ? body.genomes.length : body.what === 'curve' ? body.lessons + 1 : 0;
  const losses = values ?? Array.from({ length: count }, (_, i) => i + 1);
  const decided = [
    ...table.receive(lease, table.state.leases[lease]!.task.steps),
    ...table.take({
      type: 'ContributionChecked',
      lease,
      figures: Object.fromEntries(losses.map((v, i) => [String(i), v])),
    }),
  ];
  table.ready(volunteer);
  return decided;
}

/** Ends the audits under way. */
function audit(honest: boolean) {
  return Object.values(table.state.runs['r']!.folds).flatMap(({ kind, fold }) =>
    table.take({
      type: 'FoldEnded',
      run: 'r',
      kind,
      fold: fold.key,
      output: { modules: [], figures: null, result: { honest } },
    }),
  );
}

const baldwin = { name: 'baldwin', method: 'baldwin', generations: 3 };

describe('generations', () => {
  test('the best live on as parents, the very best also as it is', () => {
    begin({ arms: [baldwin], parents: 0.25 });
    table.join('a');
    answer('a');
    audit(true);
    expect(chain().generation).toBe(0);
    answer('a', [9, 0.5, 9, 9]);
    expect(chain()).toMatchObject({ generation: 1, champion: [5] });
    expect(chain().population[0]).toBe(5);
    const parents = chain()
      .population.slice(1)
      .map((id) => chain().tree[id]!.parent);
    expect(new Set(parents)).toEqual(new Set([5, 0]));
    expect(Object.keys(chain().tree)).toHaveLength(2 + 7);
  });

  test('a lost litter goes to somebody else, and its generation waits for it', () => {
    begin({ arms: [baldwin] });
    table.join('a');
    table.join('b');
    const lost = task(table.lease('a'));
    table.take(
      { type: 'LeaseEnded', lease: table.lease('a'), code: 'user', detail: '' },
      { type: 'VolunteerLost', volunteer: 'a' },
    );
    answer('b');
    audit(true);
    expect(task(table.lease('b'))).toEqual(lost);
    expect(chain()).toMatchObject({ generation: 0, lost: 1 });
    answer('b');
    expect(chain().generation).toBe(1);
  });

  test('at the deadline a generation goes on with its quorum: who is missing dies', () => {
    begin({ arms: [baldwin], quorum: 0.5, deadlineMs: 30_000 });
    table.join('a');
    table.join('b');
    answer('a');
    audit(true);
    const late = table.lease('b');
    const ended = only(table.wait(31_000), 'LeaseEnded');
    expect(ended).toMatchObject([{ lease: late, code: 'silent' }]);
  });

  test('ends with a champion chosen on tasks that no generation saw, tested on others', () => {
    begin({ arms: [{ ...baldwin, generations: 1 }] });
    table.join('a');
    answer('a');
    audit(true);
    answer('a');
    expect(task(table.lease('a'))).toMatchObject({ what: 'litter', on: 'choice' });
    answer('a', [3, 2, 9, 9]);
    answer('a', [9, 9, 9, 9]);
    expect(task(table.lease('a'))).toMatchObject({ what: 'curve', on: 'test' });
    answer('a');
    expect(chain().test).toHaveLength(11);
    expect(table.state.runs['r']!.state).toBe('finished');
  });
});

test('in a tournament the loser of each pair becomes a child of the winner, and no litter waits for another', () => {
  begin({ arms: [baldwin], selection: 'tournament' });
  table.join('a');
  const [first, second] = chain()
    .open.concat(Object.values(chain().out))
    .flatMap((unit) => ('genomes' in unit ? [unit.genomes] : []));
  expect([first, second]).toHaveLength(2);
  const [winner, loser] = [Object.values(chain().out)[0]!].flatMap((unit) => ('genomes' in unit ? unit.genomes : []));
  answer('a', [1, 2, 4, 3]);
  audit(true);
  expect(chain().population).toContain(winner);
  expect(chain().population).not.toContain(loser);
  expect(chain().tree[8]).toMatchObject({ parent: winner });
});

test('random initial weights are judged by learning rate, and all with the best one are tested', () => {
  begin({ arms: [{ name: 'random', method: 'random' }], population: 10, litter: 10 });
  table.join('a');
  answer('a', [9, 9, 1, 9, 9, 9, 9, 2, 9, 9]);
  audit(true);
  expect(task(table.lease('a'))).toMatchObject({ what: 'curve', on: 'test' });
  expect(chain().champion).toEqual([2, 7]);
});

test('a descent goes on from the last state', () => {
  begin({ arms: [{ name: 'fomaml', method: 'fomaml', generations: 400 }] });
  table.join('a');
  expect(task(table.lease('a'))).toMatchObject({ what: 'descent', from: 0, to: 200, start: null });
  const first = table.lease('a');
  answer('a', []);
  audit(true);
  const start = { sha256: first.padEnd(64, '0'), bytes: 4096 };
  expect(chain()).toMatchObject({ generation: 200, descent: start });
  const bodies = [chain().open, Object.values(chain().out)].flat();
  expect(bodies).toContainEqual({ what: 'descent', from: 200, to: 400, start });
});

test('whoever is caught loses the credit of this run and gets no more work; the litter is lived by somebody else', () => {
  begin({ arms: [baldwin] });
  table.join('a');
  const litter = task(table.lease('a'));
  answer('a');
  expect(table.state.volunteers['a']!.credit).toBeGreaterThan(0);
  const decided = audit(false);
  expect(only(decided, 'CreditWithdrawn')).toMatchObject([{ run: 'r', volunteer: 'a' }]);
  expect(table.state.volunteers['a']!.credit).toBe(0);
  table.take({ type: 'LeaseEnded', lease: table.lease('a'), code: 'user', detail: '' });
  table.ready('a');
  expect(table.state.volunteers['a']!.lease).toBeNull();
  table.join('b');
  expect(task(table.lease('b'))).toMatchObject({ what: 'litter' });
  const open = chain().open.flatMap((unit) => ('genomes' in unit ? [unit.genomes.length] : []));
  expect(open).toHaveLength(1);
  expect(litter.genomes).toHaveLength(4);
});
