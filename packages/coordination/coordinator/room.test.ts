import fc from 'fast-check';
import { expect, test } from 'vitest';
import { runFacts } from '../simulator/run-facts.ts';
import { toyPlan } from '../simulator/toy/toy.ts';
import type { WorkPlan } from '../work-plan.ts';
import { hasRoom, leastNeeded, tooLarge, withoutRoom } from './room.ts';
import { Table } from './table.fixture.ts';

/** Toy work that takes so many bytes. */
const taking = (name: string, bytes: number): WorkPlan<unknown> =>
  ({ ...toyPlan, name, traits: { memoryBytes: () => bytes } }) as WorkPlan<unknown>;

const tableOf = (kinds: readonly WorkPlan<unknown>[]): Table => {
  const table = new Table(kinds);
  const names = kinds.map(({ name }) => name);
  table.create(runFacts('r', [1]), names);
  return table;
};

const join = (table: Table, volunteer: string, memoryBytes: number) => {
  const executor = { name: 'test', adapter: '', tokensPerSecond: 1 };
  table.take({ type: 'VolunteerJoined', volunteer, name: volunteer, agent: 'node' });
  table.take({ type: 'VolunteerReady', volunteer, executor, memoryBytes });
};

test('whatever takes how much, everybody who has the memory for something gets it, and nobody gets more than it has', () => {
  const bytes = fc.integer({ min: 0, max: 100 });
  fc.assert(
    fc.property(fc.array(bytes, { minLength: 1, maxLength: 3 }), fc.array(bytes, { maxLength: 8 }), (needs, haves) => {
      const kinds = needs.map((need, i) => taking(`kind ${i}`, need));
      const table = tableOf(kinds);
      haves.forEach((have, i) => {
        join(table, `v${i}`, have);
        const { lease } = table.state.volunteers[`v${i}`]!;
        const fitting = needs.filter((need) => hasRoom({ memoryBytes: have }, need));
        expect(lease !== null).toBe(fitting.length > 0);
        const kind = lease === null ? null : table.state.leases[lease]!.kind;
        if (kind !== null) expect(fitting).toContain(needs[Number(kind.slice(-1))]);
      });
      const run = table.state.runs['r']!;
      const isTooLarge = haves.length > 0 && needs.some((need) => haves.every((have) => have > 0 && have < need));
      expect(tooLarge(table.state, run, kinds, table.now) !== null).toBe(isTooLarge);
      expect(leastNeeded(table.state, kinds)).toBe(Math.min(...needs));
    }),
  );
});

test('work that is too large for all who lend says how large it is, until somebody comes who has the memory', () => {
  const kinds = [taking('toy', 50)];
  const table = tableOf(kinds);
  const found = () => tooLarge(table.state, table.state.runs['r']!, kinds, table.now);
  expect(found()).toBeNull();
  join(table, 'phone', 20);
  join(table, 'another', 40);
  expect(found()).toEqual({ kind: 'toy', bytes: 50, most: 40, lending: 2 });
  join(table, 'desktop', 60);
  expect(found()).toBeNull();
  table.take({ type: 'VolunteerAway', volunteer: 'desktop' });
  table.take({ type: 'LeaseEnded', lease: table.lease('desktop'), code: 'user', detail: '' });
  expect(found()).toMatchObject({ most: 40 });
});

test('beside the work in hand there is room for what is left', () => {
  const kinds = [taking('toy', 50)];
  const table = tableOf(kinds);
  join(table, 'busy', 60);
  join(table, 'idle', 40);
  join(table, 'who does not tell', 0);
  expect(withoutRoom(table.state, kinds, 10)).toEqual([]);
  expect(withoutRoom(table.state, kinds, 20)).toEqual(['busy']);
  expect(withoutRoom(table.state, kinds, 41)).toEqual(['busy', 'idle']);
});
