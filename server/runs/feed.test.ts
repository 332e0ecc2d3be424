import { pino } from 'pino';
import { afterEach, expect, test, vi } from 'vitest';
import type { Lists } from '../store/lists.ts';
import { createFeed } from './feed.ts';
import type { RunRegistry } from './registry.ts';
import type { Views } from './views.ts';

afterEach(() => vi.useRealTimers());

test('a run is read once at a time, however slow the database and whatever changes', async () => {
  vi.useFakeTimers();
  let [reads, answer] = [0, () => {}];
  const scores = async () => {
    reads++;
    if (reads > 1)
      await new Promise<void>((resolve) => {
        answer = resolve;
      });
    return { newest: 0 };
  };
  const none = async () => ({ items: [], next: null });
  const feed = createFeed({
    registry: { get: () => ({}) } as unknown as RunRegistry,
    views: { resource: () => ({}) } as unknown as Views,
    lists: { scores, history: async () => [], volunteers: none, leases: none } as unknown as Lists,
    log: pino({ level: 'silent' }),
  });
  const told: string[] = [];
  await feed.follow(
    'run',
    null,
    ({ type }) => void told.push(type),
    () => {},
  );
  const change = async () => {
    feed.changed('run');
    await vi.advanceTimersByTimeAsync(2000);
  };
  told.length = 0;
  for (let i = 0; i < 5; i++) await change();
  expect(reads).toBe(2);
  answer();
  await change();
  expect(reads).toBe(3);
  expect(told).toEqual(['run', 'volunteers', 'leases']);
  feed.close();
});
