import { memoryBlobs } from '@pathfold/blobs/memory';
import type { LeaseMessage } from '@pathfold/protocol/down';
import { PathfoldError } from '@pathfold/protocol/errors';
import type { WorkResult } from '@pathfold/works/work-run';
import { afterEach, beforeEach, vi } from 'vitest';
import { WebSocket } from 'ws';
import { createIdentity, type Identity } from './connection/identity.ts';
import type { Compute, Job, JobPorts, Socket, VolunteerPorts } from './ports.ts';
import { ScriptedCoordinator } from './scripted-coordinator.fixture.ts';
import { memoryNotes } from './storage/notes.ts';
import { createVolunteer, type Volunteer } from './volunteer.ts';

/** One job that the volunteer gave to its compute worker, held open until the test ends it. */
export interface OpenJob {
  readonly job: Job;
  readonly ports: JobPorts;
  readonly signal: AbortSignal;
  finish(result?: Partial<WorkResult>): void;
  fail(error: Error): void;
}

export const PAYLOAD = Uint8Array.from({ length: 50_000 }, (_, i) => i % 251);
const RESULT: WorkResult = { payload: PAYLOAD, steps: 4, tokens: 400, computeMs: 10, loss: 2, keep: null };

function scriptedCompute() {
  const jobs: OpenJob[] = [];
  const probes: string[] = [];
  const waiting: ((job: OpenJob) => void)[] = [];
  const compute: Compute = {
    async probe(choice) {
      probes.push(choice);
      return { name: 'toy', adapter: 'toy', tokensPerSecond: 100, reason: 'no other was looked at' };
    },
    execute: (job, ports, signal) =>
      new Promise((resolve, reject) => {
        const open: OpenJob = {
          ...{ job, ports, signal },
          finish: (result) => resolve({ ...RESULT, ...result }),
          fail: reject,
        };
        jobs.push(open);
        waiting.shift()?.(open);
      }),
    setThrottle: () => {},
    kill: () => jobs.at(-1)?.fail(new PathfoldError('worker_crashed', 'ended')),
  };
  return { compute, jobs, probes, nextJob: () => new Promise<OpenJob>((resolve) => waiting.push(resolve)) };
}

/** A scripted coordinator, and a volunteer with a scripted device, both new for every test. */
export class Scene {
  coordinator!: ScriptedCoordinator;
  identity!: Identity;
  device!: ReturnType<typeof scriptedCompute>;
  ports!: VolunteerPorts;
  volunteer!: Volunteer;

  get status() {
    return this.volunteer.snapshot().status.code;
  }

  /** Puts another volunteer in the place of the present one, on the same machine but for the changes. */
  async replace(changes: Partial<VolunteerPorts> = {}): Promise<void> {
    this.volunteer = await createVolunteer({ ...this.ports, ...changes });
  }

  /** Starts the volunteer and gives it a lease; answers when it computes. */
  async takeLease(changes: Partial<LeaseMessage> = {}): Promise<{ lease: LeaseMessage; job: OpenJob }> {
    const [ready, next] = [this.coordinator.next('ready'), this.device.nextJob()];
    this.volunteer.start('automatic');
    await ready;
    const lease = this.coordinator.lease({ path: '0', round: 3, steps: 9 }, changes);
    this.coordinator.say(lease);
    return { lease, job: await next };
  }

  async open(): Promise<void> {
    const coordinator = await ScriptedCoordinator.start();
    const device = scriptedCompute();
    const identity = await createIdentity();
    const ports: VolunteerPorts = {
      ...{ url: coordinator.url, agent: 'node', name: 'test', identity, fetch, compute: device.compute },
      ...{ blobs: memoryBlobs(), cacheBytes: 1e9, notes: memoryNotes(), memoryBytes: 1e9, openSwarm: null },
      ...{ openAnswers: null },
      openSocket: (url) => new WebSocket(url) as unknown as Socket,
      now: () => performance.now(),
      after(ms, callback) {
        const timer = setTimeout(callback, ms);
        return () => clearTimeout(timer);
      },
      random: () => 0,
    };
    Object.assign(this, { coordinator, device, identity, ports });
    await this.replace();
  }

  async close(): Promise<void> {
    this.volunteer.stopNow();
    await this.coordinator.stop();
  }
}

/** A scene for the tests of a file. */
export function useScene(): Scene {
  const scene = new Scene();
  beforeEach(() => scene.open());
  afterEach(() => scene.close());
  return scene;
}

export const until = (check: () => void) => vi.waitFor(check, { timeout: 10_000, interval: 10 });
