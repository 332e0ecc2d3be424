import { sha256Of } from '@pathfold/blobs/memory';
import type { Swarm } from '@pathfold/swarm/swarm';
import type { Snapshot } from '@pathfold/volunteer/snapshot';
import * as Comlink from 'comlink';
import type { Terms } from '../consent/consent.tsx';
import type { PageDoor, WorkerDoor } from './worker-messages.ts';

/** The volunteer of this page: it lives in a worker, its swarm on this thread. */
export interface Engine {
  /** The file of the identity that it works with. */
  readonly identity: string;
  readonly door: Comlink.Remote<WorkerDoor>;
  subscribe(listener: () => void): () => void;
  /** Null until the worker has told its first. */
  snapshot(): Snapshot | null;
  /** Resolves, with a sentence, when the worker died by itself. */
  readonly crashed: Promise<string>;
  /** Ends the worker and the links to peers; unfinished uploads stay on this machine's disk. */
  close(): void;
}

/** Where modules are passed from browser to browser. The code for it is loaded when the person agreed. */
function pageSwarm() {
  /** Null also where its code could not be loaded: modules then come from the coordinator. */
  let swarm: Promise<Swarm | null> = Promise.resolve(null);
  let over = false;
  const use = (what: (open: Swarm) => void) => void swarm.then((open) => open && what(open));
  const closeSwarm = () => {
    use((open) => open.close());
    swarm = Promise.resolve(null);
  };
  const door: Omit<PageDoor, 'onSnapshot'> = {
    openSwarm(ports) {
      if (over) return;
      const remote = ports as unknown as Comlink.Remote<typeof ports>;
      swarm = import('@pathfold/swarm/swarm').then(
        ({ createSwarm }) =>
          createSwarm({
            send: (message) => void remote.send(message),
            read: (sha256, start, end) => remote.read(sha256, start, end),
            table: (ref) => remote.table(ref),
            range: (ref, start, end, take) => remote.range(ref, start, end, Comlink.proxy(take)),
            onStats: (stats) => void remote.onStats(stats),
            verify: async (bytes, sha256) => (await sha256Of(bytes)) === sha256,
            wrtc: null,
            now: () => performance.now(),
            every(ms, callback) {
              const stop = remote.every(ms, Comlink.proxy(callback));
              return () => void stop.then((end) => end());
            },
            random: Math.random,
          }),
        () => null,
      );
    },
    swarmReceive: (message) => use((open) => open.receive(message)),
    swarmHave: (blobs) => use((open) => open.have(blobs)),
    swarmLimitUpload: (bytesPerSecond) => use((open) => open.limitUpload(bytesPerSecond)),
    async swarmFetch(ref, begun) {
      const gathered = (await (await swarm)?.fetch(ref, begun)) ?? begun;
      return gathered && Comlink.transfer(gathered, [gathered.bytes.buffer as ArrayBuffer]);
    },
    closeSwarm,
  };
  /** No worker is left to share for: also what it still said before its end opens nothing. */
  const end = () => {
    over = true;
    closeSwarm();
  };
  return { door, end };
}

export const canShare = (): boolean => 'RTCPeerConnection' in globalThis;

/** Starts the worker and makes the volunteer of the identity in it. Nothing is connected or computed yet. */
export async function openEngine(identityFile: string): Promise<Engine> {
  const worker = new Worker(new URL('./volunteer.worker.ts', import.meta.url), { type: 'module', name: 'volunteer' });
  const door = Comlink.wrap<WorkerDoor>(worker);
  const listeners = new Set<() => void>();
  let latest: Snapshot | null = null;
  const swarm = pageSwarm();
  const page: PageDoor = {
    ...swarm.door,
    onSnapshot(snapshot) {
      latest = snapshot;
      for (const listener of listeners) listener();
    },
  };
  const close = () => {
    worker.terminate();
    swarm.end();
  };
  const crashed = new Promise<string>((resolve) =>
    worker.addEventListener('error', (event) => {
      close();
      resolve(event.message || 'The code that computes could not be loaded.');
    }),
  );
  const failed = crashed.then((message) => Promise.reject(new Error(message)));
  failed.catch(() => {});
  try {
    await Promise.race([door.open(identityFile, canShare(), Comlink.proxy(page)), failed]);
  } catch (error) {
    close();
    throw error;
  }
  return {
    identity: identityFile,
    crashed,
    door,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    snapshot: () => latest,
    close,
  };
}

/** Takes part from now on, as the person agreed to. A run that was preferred before a stop is not any more. */
export async function takePart({ door }: Pick<Engine, 'door'>, terms: Terms) {
  await door.prefer(null);
  await door.limitUpload(terms.uploadLimit);
  await door.start(terms.choice, terms.throttle, terms.sharing, terms.answering);
}
