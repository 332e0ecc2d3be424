import type { Decision } from '@pathfold/coordination/volunteer/events';
import { runMind } from '@pathfold/coordination/volunteer/run-mind';
import type { ComputeChoice } from '@pathfold/coordination/volunteer/state';
import type { Down } from '@pathfold/protocol/down';
import type { ExecutorInfo } from '@pathfold/protocol/report';
import type { Up } from '@pathfold/protocol/up';
import { createAnswering } from './answering/answering.ts';
import { createLine } from './connection/line.ts';
import { createContributing } from './contributing/contributing.ts';
import { createUploads } from './contributing/uploads.ts';
import { fetchByPatch } from './fetching/by-patch.ts';
import { openCache } from './fetching/cache.ts';
import { coordinatorSource } from './fetching/download.ts';
import { createFetching, measured } from './fetching/fetching.ts';
import { createSharing } from './fetching/sharing.ts';
import type { VolunteerPorts } from './ports.ts';
import { problemOf } from './problem.ts';
import { type Snapshot, snapshotOf, type Traffic } from './snapshot.ts';
import { createKept } from './storage/kept.ts';
import { readJson, writeJson } from './storage/notes.ts';

const RESUME_NOTE = 'resume';
/** Which prompts are answered at each wish of the person. */
const ANSWERED = { running: 'all', finishing: 'last', paused: 'none', stopped: 'none' } as const;

/** A volunteer: its person's buttons, and what happens. */
export interface Volunteer {
  start(choice: ComputeChoice): void;
  /** Stops computing after the step in hand, hands in what was done, and takes no more work until `resume`. */
  pause(): void;
  resume(): void;
  /** Does the work in hand to its end, hands it in and stops; gives the answer in hand too, a minute at most. */
  finish(): void;
  /** Stops computing within a second and gives the work back; finished work that is not handed in is kept. */
  stopNow(): void;
  /** Fraction of the time spent computing, from 0.05 to 1. */
  setThrottle(throttle: number): void;
  /** The run to work for rather than others; null for none. */
  prefer(run: string | null): void;
  /** Whether blobs are passed to and from peers, who then see this machine's address. Off until it is agreed to. */
  setSharing(on: boolean): void;
  /** How many bytes a second go to peers at most; null for any. */
  limitUpload(bytesPerSecond: number | null): void;
  /** Whether prompts of strangers are answered here, whose text this machine then computes on. Off until it is agreed to. */
  setAnswering(on: boolean): void;
  /** Called after every change; answers how to unsubscribe. */
  subscribe(listener: (snapshot: Snapshot) => void): () => void;
  snapshot(): Snapshot;
}

/** The mind of a volunteer joined to a machine. It is stopped until `start`. */
export async function createVolunteer(ports: VolunteerPorts): Promise<Volunteer> {
  const traffic: Traffic = { fromPeersBytes: 0, fromCoordinatorBytes: 0, toPeersBytes: 0, uploadedBytes: 0, peers: 0 };
  const listeners = new Set<(snapshot: Snapshot) => void>();
  const uploads = createUploads(ports.notes);
  const kept = createKept(ports.notes, ports.cacheBytes);
  const cache = await openCache(ports.blobs, ports.cacheBytes);
  const agreed: { sharing: boolean; uploadLimit: number | null; answering: boolean } = {
    ...{ sharing: false, uploadLimit: null, answering: false },
  };
  let probes = 0;

  const perform = (decision: Decision) => void effects[decision.type](decision as never);
  const mind = runMind(ports, perform, () => {
    const { wish, refusal } = mind.state;
    sharing.tend(agreed.sharing && wish !== 'stopped' && refusal === null);
    answering.tend(agreed.answering && refusal === null ? ANSWERED[wish] : 'none');
    tell();
  });
  const tell = () => {
    const now = snapshot();
    for (const listener of listeners) listener(now);
  };
  const line = createLine(ports, hear, () => mind.tell({ type: 'SocketClosed', chance: ports.random() }));
  const send = (message: Up) => {
    if (mind.state.link.phase === 'open') line.send(message);
  };
  const coordinator = coordinatorSource(
    ports.fetch,
    ports.url,
    () => mind.state.work?.lease.token ?? null,
    (count) => {
      traffic.fromCoordinatorBytes += count;
    },
  );
  const sharing = createSharing(ports.openSwarm, cache, coordinator, traffic, send);
  const sources = [sharing, coordinator].map((source) =>
    measured(source, ports.now, (bytes, ms) => mind.tell({ type: 'LineMeasured', direction: 'down', bytes, ms })),
  );
  const fetchWhole = createFetching(cache, sources, sharing.announce);
  const fetchBlob = fetchByPatch(cache, fetchWhole, sharing.announce);
  const answering = createAnswering(ports.openAnswers, fetchBlob, send, () =>
    mind.tell({ type: 'Answering', on: answering.snapshot.now !== null }),
  );
  const deviceFound = (executor: ExecutorInfo) =>
    mind.tell({ type: 'DeviceReady', executor, memoryBytes: ports.memoryBytes });
  const contributing = createContributing(() => mind, { ...ports, uploads, kept, traffic, fetchBlob, deviceFound });
  const snapshot = () => snapshotOf(mind.state, traffic, agreed, { on: agreed.answering, ...answering.snapshot });

  function hear(message: Down): void {
    answering.hear(message);
    mind.tell({ type: 'Heard', message });
    if (message.type === 'welcome') void writeJson(ports.notes, RESUME_NOTE, message.resume).catch(() => {});
    if (message.type === 'welcome' || message.type === 'peers' || message.type === 'signal') sharing.hear(message);
  }

  const effects: { [T in Decision['type']]: (decision: Extract<Decision, { type: T }>) => unknown } = {
    ConnectBegan: () => line.open(mind.state.resume),
    LinkCut: () => line.close(),
    MessageSent: ({ message }) => line.send(message),
    ProbeBegan: ({ choice }) => probe(choice),
    ProbeKilled() {
      probes++;
      ports.compute.kill();
    },
    WorkBegan() {
      const { work, device } = mind.state;
      if (work && device.phase === 'ready') void contributing.work(work.lease, device.executor);
    },
    WorkCut: () => contributing.cut(),
    WorkKilled: () => ports.compute.kill(),
    UploadBegan: ({ lease }) => contributing.upload(lease),
    UploadCut: ({ lease }) => contributing.breakOff(lease),
    UploadDropped: ({ lease }) => contributing.drop(lease),
    StateCommitted: ({ lease }) => kept.accept(lease),
    StateDropped: ({ lease }) => kept.reject(lease),
    Stopped() {},
  };

  /** Looks for a device; what comes of it counts while no other look has begun, and it was not ended. */
  async function probe(choice: ComputeChoice): Promise<void> {
    const mine = ++probes;
    try {
      const found = await ports.compute.probe(choice);
      if (mine === probes) deviceFound(found);
    } catch (error) {
      if (mine === probes) mind.tell({ type: 'DeviceFailed', ...problemOf(error), chance: ports.random() });
    }
  }

  const resume = await readJson(ports.notes, RESUME_NOTE);
  if (typeof resume === 'string') mind.tell({ type: 'ResumeRestored', resume });
  mind.tell({ type: 'UploadsRestored', uploads: await uploads.restore() });

  return {
    start: (choice) => mind.tell({ type: 'Started', choice }),
    pause: () => mind.tell({ type: 'Paused' }),
    resume: () => mind.tell({ type: 'Resumed' }),
    finish: () => mind.tell({ type: 'FinishAsked' }),
    stopNow: () => mind.tell({ type: 'StopAsked' }),
    setThrottle(throttle) {
      mind.tell({ type: 'Throttled', throttle });
      ports.compute.setThrottle(mind.state.throttle);
    },
    prefer: (run) => mind.tell({ type: 'Preferred', run }),
    setSharing(on) {
      agreed.sharing = on;
      mind.tell({ type: 'Woke' });
    },
    limitUpload(bytesPerSecond) {
      agreed.uploadLimit = bytesPerSecond;
      sharing.limitUpload(bytesPerSecond ?? Number.POSITIVE_INFINITY);
      tell();
    },
    setAnswering(on) {
      agreed.answering = on;
      mind.tell({ type: 'Woke' });
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    snapshot,
  };
}
