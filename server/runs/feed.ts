import type { RunEvent } from '@pathfold/protocol/resources';
import type { FastifyBaseLogger } from 'fastify';
import type { Lists } from '../store/lists.ts';
import type { RunRegistry } from './registry.ts';
import type { Views } from './views.ts';

const TICK_MS = 500;
const MOST_ITEMS = 200;

/** `id`: the time of the newest point that was sent, in milliseconds since 1970. */
export type Send = (event: RunEvent, id: number) => void;

interface Channel {
  readonly listeners: Set<Send>;
  isDirty: boolean;
  lastPoint: number;
}

/** Live events of runs. What changes often is told at most twice a second, computed once for all who listen. */
export function createFeed(deps: { registry: RunRegistry; views: Views; lists: Lists; log: FastifyBaseLogger }) {
  const { registry, views, lists, log } = deps;
  const channels = new Map<string, Channel>();

  async function changes(run: string, since: number): Promise<{ events: RunEvent[]; lastPoint: number }> {
    const entry = registry.get(run);
    if (!entry) return { events: [], lastPoint: since };
    const page = { limit: MOST_ITEMS };
    const [history, volunteers, leases] = await Promise.all([
      lists.history(run),
      lists.volunteers({ run }, page),
      lists.leases(run, page),
    ]);
    const points = history.filter(({ time }) => Date.parse(time) > since);
    return {
      events: [
        { type: 'run', run: views.resource(entry, history) },
        { type: 'volunteers', items: volunteers.items },
        { type: 'leases', items: leases.items },
        ...points.map((point): RunEvent => ({ type: 'point', point })),
      ],
      lastPoint: Math.max(since, ...points.map(({ time }) => Date.parse(time))),
    };
  }

  async function tell(run: string, channel: Channel): Promise<void> {
    channel.isDirty = false;
    const { events, lastPoint } = await changes(run, channel.lastPoint);
    channel.lastPoint = lastPoint;
    for (const listener of channel.listeners) for (const event of events) listener(event, lastPoint);
  }

  const timer = setInterval(() => {
    for (const [run, channel] of channels)
      if (channel.isDirty) tell(run, channel).catch((err) => log.warn({ err, run }, 'live events failed'));
  }, TICK_MS);
  timer.unref();

  return {
    changed(run: string): void {
      const channel = channels.get(run);
      if (channel) channel.isDirty = true;
    },
    /** Everything as it is, with the points after `since` (none when null), then changes, until the answer is called. */
    async follow(run: string, since: number | null, send: Send): Promise<() => void> {
      const { events, lastPoint } = await changes(run, since ?? Date.now());
      const from = since === null ? latest(await lists.history(run)) : lastPoint;
      for (const event of events) send(event, from);
      const channel = channels.get(run) ?? { listeners: new Set<Send>(), isDirty: true, lastPoint: from };
      channels.set(run, channel);
      channel.listeners.add(send);
      return () => {
        channel.listeners.delete(send);
        if (channel.listeners.size === 0) channels.delete(run);
      };
    },
    close: () => clearInterval(timer),
  };
}
export type Feed = ReturnType<typeof createFeed>;

const latest = (points: readonly { time: string }[]) => Math.max(0, ...points.map(({ time }) => Date.parse(time)));
