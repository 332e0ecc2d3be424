import { spawnBrowserAnswers } from '@pathfold/volunteer/answering/browser';
import { spawnBrowserCompute } from '@pathfold/volunteer/compute/browser';
import { browserMemory } from '@pathfold/volunteer/compute/browser-memory';
import { createCompute } from '@pathfold/volunteer/compute/client';
import { restoreIdentity } from '@pathfold/volunteer/connection/identity';
import type { Socket } from '@pathfold/volunteer/ports';
import { openDisk } from '@pathfold/volunteer/storage/browser-disk';
import { createVolunteer, type Volunteer } from '@pathfold/volunteer/volunteer';
import * as Comlink from 'comlink';
import { swarmOnPage } from './swarm-on-page.ts';
import type { WorkerDoor } from './worker-messages.ts';

/** The newest snapshot reaches the page at most this often. */
const SNAPSHOT_EVERY_MS = 150;

let volunteer: Volunteer | null = null;

const mine = (): Volunteer => {
  if (!volunteer) throw new Error('The volunteer is not open yet.');
  return volunteer;
};

const door: WorkerDoor = {
  async open(identityFile, canShare, page) {
    const remote = page as unknown as Comlink.Remote<typeof page>;
    const memoryBytes = browserMemory();
    volunteer = await createVolunteer({
      ...(await openDisk(() => navigator.storage.getDirectory(), memoryBytes)),
      url: new URL('/', location.origin),
      agent: 'browser',
      name: '',
      openSocket: (url) => new WebSocket(url) as Socket,
      fetch: (...request) => fetch(...request),
      compute: createCompute(spawnBrowserCompute),
      identity: await restoreIdentity(identityFile),
      memoryBytes,
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
  limitUpload: (bytesPerSecond) => mine().limitUpload(bytesPerSecond),
  setAnswering: (on) => mine().setAnswering(on),
};

Comlink.expose(door);
