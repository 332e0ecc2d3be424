import type { RunEvent } from '@pathfold/protocol/resources';
import type { FastifyBaseLogger } from 'fastify';
import type { Lists } from '../store/lists.ts';
import type { RunRegistry } from './registry.ts';
import type { Views } from './views.ts';

const TICK_MS = 500;
const MOST_ITEMS = 200;

/** `id`: the time of the newest point that was sent, in milliseconds since 1970. */
export type Send = (event: RunEvent, id: number) => void;

interface Listener {
  send: Send;
  /** The run is deleted: nothing follows. */
  readonly end: () => void;
}

interface Channel {
  readonly listeners: Set<Listener>;
  isDirty: boolean;
  /** Changes meanwhile are told after it: reads of one run never pile up before the log's writes. */
  isTelling: boolean;
  /** Time of the newest point that was told; points up to it are not told again. */
  toldPoint: number;
}

/** Live events of runs. What changes often is told at most twice a second, computed once for all who listen. */
export function createFeed(deps: { registry: RunRegistry; views: Views; lists: Lists; log: FastifyBaseLogger }) {
  const { registry, views, lists, log } = deps;
  const channels = new Map<string, Channel>();

  /** The run as it is, with its points after `since`; `newest`: the time of its last point. Null when it is deleted. */
  async function look(run: string, since: number): Promise<{ events: RunEvent[]; newest: number } | null> {
    const page = { limit: MOST_ITEMS };
    // A point that is written meanwhile is rather told twice than never.
    const scores = await lists.scores(run);
    const [points, volunteers, leases] = await Promise.all([
      lists.history(run, since),
      lists.volunteers({ run }, page),
      lists.leases(run, page),
    ]);
    const entry = registry.get(run);
    if (!entry) return null;
    return {
      events: [
        { type: 'run', run: views.resource(entry, scores) },
        { type: 'volunteers', items: volunteers.items },
        { type: 'leases', items: leases.items },
        ...points.map((point): RunEvent => ({ type: 'point', point })),
      ],
      newest: scores.newest,
    };
  }

  async function tell(run: string, channel: Channel): Promise<void> {
    Object.assign(channel, { isDirty: false, isTelling: true });
    const seen = await look(run, channel.toldPoint).finally(() => {
      channel.isTelling = false;
    });
    if (!seen) {
      for (const { end } of channel.listeners) end();
      return;
    }
    channel.toldPoint = seen.newest;
    for (const { send } of channel.listeners) for (const event of seen.events) send(event, seen.newest);
  }

  const timer = setInterval(() => {
    for (const [run, channel] of channels)
      if (channel.isDirty && !channel.isTelling && channel.toldPoint < Number.POSITIVE_INFINITY)
        tell(run, channel).catch((err) => log.warn({ err, run }, 'live events failed'));
  }, TICK_MS);
  timer.unref();

  return {
    changed(run: string): void {
      const channel = channels.get(run);
      if (channel) channel.isDirty = true;
    },
    /**
     * Everything as it is, with the points after `since` (none when null), then changes, until the answer is called.
     * `end` is called when the run is deleted.
     */
    async follow(run: string, since: number | null, send: Send, end: () => void): Promise<() => void> {
      const known = channels.get(run);
      const channel: Channel = known ?? {
        listeners: new Set(),
        ...{ isDirty: false, isTelling: false, toldPoint: Number.POSITIVE_INFINITY },
      };
      channels.set(run, channel);
      // Events during the first look come after it.
      const held: Parameters<Send>[] = [];
      const listener: Listener = { send: (...told) => void held.push(told), end };
      channel.listeners.add(listener);
      const stop = () => {
        channel.listeners.delete(listener);
        if (channel.listeners.size === 0) channels.delete(run);
      };
      const seen = await look(run, since ?? Number.POSITIVE_INFINITY).catch((error: unknown) => {
        stop();
        throw error;
      });
      if (!seen) {
        end();
        return stop;
      }
      if (channel.toldPoint === Number.POSITIVE_INFINITY) channel.toldPoint = seen.newest;
      for (const event of seen.events) send(event, seen.newest);
      for (const told of held) send(...told);
      listener.send = send;
      return stop;
    },
    close: () => clearInterval(timer),
  };
}
export type Feed = ReturnType<typeof createFeed>;
