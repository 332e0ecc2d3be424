import { only, Table } from '@pathfold/coordination/coordinator/table.fixture';
import { studyRun } from '@pathfold/coordination/study-run';
import { RunSpec } from '@pathfold/protocol/run-spec';
import { beforeEach, describe, expect, test } from 'vitest';
import { heldBy, isOpen } from '../queue/unit.ts';
import { type BaldwinState, baldwinPlan } from './plan.ts';
import { BaldwinConfig, type BaldwinTask } from './task.ts';

const spec = RunSpec.parse({ name: 'litters', corpus: 'none', seed: 1 });
const run = (config: object) =>
  studyRun('r', spec, {
    name: 'baldwin',
    auditSeed: 7,
    config: BaldwinConfig.parse({
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
  table = new Table([baldwinPlan]);
});
const begin = (config: object) => table.create(run(config), ['litter']);
const state = () => table.state.runs['r']!.works['litter'] as BaldwinState;
const chain = () => state().chains[0]!;
const genomesOf = (lease: string) => {
  const { what } = chain().units[heldBy(chain().units, lease)!]!;
  return 'genomes' in what ? what.genomes : [];
};
/** Genomes of each unit that nobody has begun. */
const openGenomes = () =>
  Object.values(chain().units).flatMap((unit) => (isOpen(unit) && 'genomes' in unit.what ? [unit.what.genomes] : []));
const task = (lease: string) => table.state.leases[lease]!.task.body as unknown as BaldwinTask;

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
    expect(chain()).toMatchObject({ generation: 0, lost: 1, relived: 0 });
    answer('b');
    expect(chain()).toMatchObject({ generation: 1, lost: 1, relived: 1 });
  });

  test('at the deadline a generation goes on with its quorum: who is missing dies, and comes too late', () => {
    begin({ arms: [baldwin], quorum: 0.5, deadlineMs: 40_000 });
    table.join('a');
    table.join('b');
    const late = table.lease('b');
    const missing = genomesOf(late);
    answer('a');
    audit(true);
    table.wait(20_000);
    for (const volunteer of ['a', 'b']) table.mind.heard(table.state, volunteer, table.now);
    expect(chain().generation).toBe(0);
    const ended = only(table.wait(20_000), 'LeaseEnded');
    expect(ended).toMatchObject([{ lease: late, code: 'round_over' }]);
    expect(chain()).toMatchObject({ generation: 1, losses: {} });
    const ancestors = chain().population.flatMap((id) => [id, chain().tree[id]!.parent]);
    expect(missing.filter((id) => ancestors.includes(id))).toEqual([]);
    const before = structuredClone(chain());
    table.receive(late, 4);
    table.take({ type: 'ContributionChecked', lease: late, figures: { 0: 0, 1: 0, 2: 0, 3: 0 } });
    expect(chain()).toEqual(before);
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

describe('tournaments', () => {
  const tournament = (config: object = {}) => begin({ arms: [baldwin], selection: 'tournament', ...config });

  test('the loser of each pair becomes a child of the winner, also in parts that nobody has begun', () => {
    tournament();
    table.join('a');
    const [winner, loser] = genomesOf(table.lease('a'));
    answer('a', [1, 2, 4, 3]);
    audit(true);
    expect(chain().population).toContain(winner);
    expect(chain().population).not.toContain(loser);
    expect(chain().tree[8]).toEqual({ parent: winner, seed: 8, born: 0 });
    expect(openGenomes().flat()).not.toContain(loser);
  });

  test('pairs are drawn anew each time', () => {
    tournament();
    const pairs = (volunteers: string[]) => {
      for (const volunteer of volunteers) table.join(volunteer);
      const litters = volunteers.map((volunteer) => genomesOf(table.lease(volunteer)));
      expect(litters.flat().sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
      return litters.flatMap((ids) => [ids.slice(0, 2), ids.slice(2)]).map((pair) => pair.toSorted().join());
    };
    expect(pairs(['a', 'b']).sort()).not.toEqual(pairs(['c', 'd']).sort());
  });

  test('whoever is slow stops nobody, and neither does an audit; what comes in late counts for those who still live', () => {
    tournament();
    table.join('slow');
    table.join('a');
    const [first, second, third] = genomesOf(table.lease('slow'));
    const lossOf = (id: number) => (id === first || id === second ? 0 : id === third ? 9 : 5);
    const live = () => answer('a', genomesOf(table.lease('a')).map(lossOf));
    for (let litters = 0; litters < 3; litters++) live();
    audit(true);
    live();
    expect(table.lease('a')).toBeTruthy();
    expect(chain()).toMatchObject({ generation: 3, phase: 'living' });
    expect(chain().population).toEqual(expect.arrayContaining([first, second]));
    expect(chain().population).not.toContain(third);
    const { nextId, population } = chain();
    answer('slow', [1, 2, 2, 1]);
    audit(true);
    expect(chain().nextId).toBe(nextId + 1);
    expect(chain().tree[nextId]).toMatchObject({ parent: first });
    expect(chain().population).toEqual(population.map((id) => (id === second ? nextId : id)));
  });

  test('its end waits for those who are still out, up to the deadline', () => {
    tournament({ arms: [{ ...baldwin, generations: 1 }], deadlineMs: 20_000 });
    table.join('slow');
    table.join('a');
    const slow = table.lease('slow');
    answer('a');
    audit(true);
    expect(chain()).toMatchObject({ generation: 1, phase: 'living' });
    expect(openGenomes()).toEqual([]);
    expect(only(table.wait(20_000), 'LeaseEnded')).toMatchObject([{ lease: slow, code: 'round_over' }]);
    expect(chain().phase).toBe('choosing');
  });
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
  const parts = Object.values(chain().units).map(({ what }) => what);
  expect(parts).toContainEqual({ what: 'descent', from: 200, to: 400, start });
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
  expect(openGenomes()).toHaveLength(1);
  expect(litter.genomes).toHaveLength(4);
});
