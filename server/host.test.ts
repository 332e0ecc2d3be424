import { createCoordinator } from '@pathfold/coordination/coordinator/mind';
import type { CoordinatorEvent } from '@pathfold/coordination/events';
import { expect, test } from 'vitest';
import { startHost } from './host.ts';
import type { EventStore } from './store/event-log.ts';

test('a snapshot that cannot be written ends nothing: events are logged as before, and another one is tried later', async () => {
  const log: CoordinatorEvent[] = [];
  const [unsaved, fatal]: [string[], unknown[]] = [[], []];
  const events: EventStore = {
    open: async () => 1,
    load: async () => ({ snapshot: null, events: [], seq: 0 }),
    async append(all) {
      log.push(...all);
      return log.length;
    },
    saveSnapshot: async () => Promise.reject(new Error('the disk is full')),
  };
  const host = await startHost({
    mind: createCoordinator([]),
    events,
    perform: () => {},
    onFatal: (error) => fatal.push(error),
    snapshotEvery: 2,
    onUnsaved: (error) => unsaved.push((error as Error).message),
  });
  await host.begin();
  for (const volunteer of ['a', 'b', 'c', 'd'])
    await host.record({ type: 'VolunteerJoined', volunteer, name: '', agent: 'node' });
  await host.stop();
  expect(log).toHaveLength(5);
  expect(Object.keys(host.state.volunteers)).toEqual(['a', 'b', 'c', 'd']);
  expect(unsaved).toEqual(Array(3).fill('the disk is full'));
  expect(fatal).toEqual([]);
});

test('a snapshot of another shape is left, and all events are applied again', async () => {
  const joined = (volunteer: string): CoordinatorEvent => ({
    at: 1,
    type: 'VolunteerJoined',
    volunteer,
    name: '',
    agent: 'node',
  });
  const old = { ...createCoordinator([]).init(), shape: 1, volunteers: { lost: 'what an older version kept' } };
  const events: EventStore = {
    open: async () => 2,
    load: async (whole) =>
      whole
        ? { snapshot: null, events: [joined('a'), joined('b')], seq: 2 }
        : { snapshot: { seq: 1, state: JSON.stringify(old) }, events: [joined('b')], seq: 2 },
    append: async () => 3,
    saveSnapshot: async () => {},
  };
  const host = await startHost({ mind: createCoordinator([]), events, perform: () => {}, onFatal: () => {} });
  expect(Object.keys(host.state.volunteers)).toEqual(['a', 'b']);
  await host.stop();
});
