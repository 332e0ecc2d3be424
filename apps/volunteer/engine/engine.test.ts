import type { Swarm, SwarmPorts } from '@pathfold/swarm/swarm';
import * as Comlink from 'comlink';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type Engine, openEngine, takePart } from './engine.ts';
import { swarmOnPage } from './swarm-on-page.ts';
import type { PageDoor, WorkerDoor } from './worker-messages.ts';

/** The page's half of the volunteer, with a worker that is played here and a swarm that only counts. */
const swarms: { readonly ports: SwarmPorts; closed: number }[] = [];
vi.mock('@pathfold/swarm/swarm', () => ({
  createSwarm(ports: SwarmPorts): Swarm {
    const made = { ports, closed: 0 };
    swarms.push(made);
    return { receive() {}, have() {}, fetch: async () => null, limitUpload() {}, close: () => void made.closed++ };
  },
}));

let onOpen: (page: Comlink.Remote<PageDoor>) => Promise<void> | void = () => {};
let workers: PlayedWorker[] = [];

class PlayedWorker extends EventTarget {
  ended = 0;
  private readonly channel = new MessageChannel();

  constructor() {
    super();
    workers.push(this);
    const { port1, port2 } = this.channel;
    const door: Pick<WorkerDoor, 'open'> = {
      open: async (_identity, _canShare, page) => onOpen(page as unknown as Comlink.Remote<PageDoor>),
    };
    Comlink.expose(door, port2);
    port1.onmessage = ({ data }) => this.dispatchEvent(new MessageEvent('message', { data }));
  }

  postMessage(message: unknown, transfer: Transferable[]) {
    this.channel.port1.postMessage(message, transfer);
  }

  crash() {
    this.dispatchEvent(Object.assign(new Event('error'), { message: 'out of paper' }));
  }

  terminate() {
    this.ended++;
  }

  close() {
    this.channel.port1.close();
  }
}

const sharing = { send() {}, onStats() {}, read: async () => null, table: async () => null, range: async () => false };

beforeEach(() => {
  onOpen = (page) => void swarmOnPage(page)(sharing);
  vi.stubGlobal('Worker', PlayedWorker);
});
afterEach(() => {
  for (const worker of workers) worker.close();
  workers = [];
  swarms.length = 0;
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

test('an engine that is closed ends its worker and its links to peers', async () => {
  const engine = await openEngine('me');
  await expect.poll(() => swarms.length).toBe(1);
  engine.close();
  await expect.poll(() => swarms[0]!.closed).toBe(1);
  expect(workers[0]!.ended).toBe(1);
});

test('a worker that crashed shares nothing any more, whatever it still had said', async () => {
  let page: Comlink.Remote<PageDoor> | null = null;
  onOpen = (remote) => {
    page = remote;
    swarmOnPage(remote)(sharing);
  };
  const engine = await openEngine('me');
  await expect.poll(() => swarms.length).toBe(1);
  workers[0]!.crash();
  expect(await engine.crashed).toBe('out of paper');
  await expect.poll(() => swarms[0]!.closed).toBe(1);
  swarmOnPage(page!)(sharing);
  expect(await page!.swarmFetch({ sha256: 'a'.repeat(64), bytes: 1 }, null)).toBeNull();
  expect(swarms).toHaveLength(1);
});

test('a worker that cannot open its volunteer is ended, and what it began to share too', async () => {
  onOpen = async (page) => {
    await page.openSwarm(Comlink.proxy({ ...sharing, every: () => () => {} }));
    throw new Error('no such identity');
  };
  await expect(openEngine('nobody')).rejects.toThrow('no such identity');
  expect(workers[0]!.ended).toBe(1);
  await expect.poll(() => swarms.at(-1)?.closed).toBe(1);
});

test('the swarm of the page goes by the timers of the worker, until it is closed', async () => {
  let timers = 0;
  vi.stubGlobal('setInterval', (look: () => void, ms: number) => {
    timers += ms;
    look();
    return 7;
  });
  vi.stubGlobal('clearInterval', (timer: number) => {
    timers -= 500 * Number(timer === 7);
  });
  await openEngine('me');
  await expect.poll(() => swarms.length).toBe(1);
  const look = vi.fn();
  const stop = swarms[0]!.ports.every(500, look);
  await vi.waitFor(() => expect(look).toHaveBeenCalledOnce());
  expect(timers).toBe(500);
  stop();
  await vi.waitFor(() => expect(timers).toBe(0));
});

test('who lends again prefers no run, as the page shows it', async () => {
  const told: unknown[] = [];
  const door = {
    prefer: async (run: string | null) => void told.push(run),
    limitUpload: async (limit: number | null) => void told.push(limit),
    start: async (...terms: unknown[]) => void told.push(terms),
  };
  const engine = { door } as unknown as Engine;
  await takePart(engine, { choice: 'cpu', throttle: 0.5, sharing: false, uploadLimit: 60_000, answering: true });
  expect(told).toEqual([null, 60_000, ['cpu', 0.5, false, true]]);
});
