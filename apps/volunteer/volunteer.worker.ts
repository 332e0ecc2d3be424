import { memoryBlobs } from '@pathfold/blobs/memory';
import { opfsBlobs } from '@pathfold/blobs/opfs';
import { spawnBrowserAnswers } from '@pathfold/volunteer/browser-answers';
import { spawnBrowserCompute } from '@pathfold/volunteer/browser-compute';
import { browserMemory } from '@pathfold/volunteer/browser-memory';
import { createCompute } from '@pathfold/volunteer/compute-client';
import { restoreIdentity } from '@pathfold/volunteer/identity';
import { memoryNotes } from '@pathfold/volunteer/notes';
import { opfsNotes } from '@pathfold/volunteer/notes-opfs';
import type { Socket } from '@pathfold/volunteer/ports';
import { createVolunteer, type Volunteer } from '@pathfold/volunteer/volunteer';
import * as Comlink from 'comlink';
import { swarmOnPage } from './swarm-on-page.ts';
import type { WorkerDoor } from './worker-words.ts';

/** The newest snapshot reaches the page at most this often. */
const SNAPSHOT_EVERY_MS = 150;
const CACHE_BYTES = 500e6;

/** Where things outlive a visit; in memory where the browser has no private file system or refuses it. */
async function openDisk() {
  try {
    const root = await navigator.storage.getDirectory();
    const folder = (name: string) => root.getDirectoryHandle(name, { create: true });
    return { blobs: opfsBlobs(await folder('blobs')), notes: opfsNotes(await folder('notes')) };
  } catch {
    return { blobs: memoryBlobs(), notes: memoryNotes() };
  }
}

let volunteer: Volunteer | null = null;

const mine = (): Volunteer => {
  if (!volunteer) throw new Error('The volunteer is not open yet.');
  return volunteer;
};

const door: WorkerDoor = {
  async open(identityFile, canShare, page) {
    const remote = page as unknown as Comlink.Remote<typeof page>;
    volunteer = await createVolunteer({
      ...(await openDisk()),
      url: new URL('/', location.origin),
      agent: 'browser',
      name: '',
      openSocket: (url) => new WebSocket(url) as Socket,
      fetch: (...request) => fetch(...request),
      cacheBytes: CACHE_BYTES,
      compute: createCompute(spawnBrowserCompute),
      identity: await restoreIdentity(identityFile),
      memoryBytes: browserMemory(),
      now: () => performance.timeOrigin + performance.now(),
      after(ms, callback) {
        const timer = setTimeout(callback, ms);
        return () => clearTimeout(timer);
      },
      random: Math.random,
      openAnswers: spawnBrowserAnswers,
      openSwarm: canShare ? swarmOnPage(remote) : null,
    });
    let waiting = false;
    const show = () => {
      waiting = false;
      void remote.onSnapshot(mine().snapshot());
    };
    volunteer.subscribe(() => {
      if (waiting) return;
      waiting = true;
      setTimeout(show, SNAPSHOT_EVERY_MS);
    });
    show();
  },
  start(choice, throttle, sharing, answering) {
    mine().setThrottle(throttle);
    mine().setSharing(sharing);
    mine().setAnswering(answering);
    mine().start(choice);
  },
  pause: () => mine().pause(),
  resume: () => mine().resume(),
  finish: () => mine().finish(),
  stopNow: () => mine().stopNow(),
  setThrottle: (throttle) => mine().setThrottle(throttle),
  prefer: (run) => mine().prefer(run),
  setSharing: (on) => mine().setSharing(on),
  setAnswering: (on) => mine().setAnswering(on),
};

Comlink.expose(door);
