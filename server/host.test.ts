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
