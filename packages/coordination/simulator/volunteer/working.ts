import type { BlobRef } from '@pathfold/protocol/blob';
import type { LeaseMessage } from '@pathfold/protocol/down';
import type { ErrorCode } from '@pathfold/protocol/errors';
import type { Report } from '@pathfold/protocol/report';
import type { Upload } from '../../volunteer/state.ts';
import type { Task } from '../../work-plan.ts';
import type { Lie } from '../checks.ts';
import type { Page } from './machine.ts';

const LIES: readonly Lie[] = ['norm', 'nan', 'steps', 'no-steps', 'tokens'];
const FAULTS: readonly ErrorCode[] = ['device_lost', 'worker_crashed', 'out_of_memory', 'loss_not_finite'];
/** Part of a lease's time after which a volunteer hands in what it has. */
const CUT_PART = 0.8;
/** Attempts to download from the coordinator, and the pause after the first; as packages/volunteer/fetching/download.ts. */
const MOST_FAILURES = 5;
const PAUSE_MS = 400;
/** Blobs of one task that are asked for of peers: of a crowd's the many would drown all else. */
const MOST_SHARED = 4;

interface Job {
  readonly lease: LeaseMessage;
  readonly task: Task;
  readonly deadlineAt: number;
  /** Blobs that are not here yet. */
  readonly missing: Set<string>;
  readonly stepMs: number;
  /** When the first step began; null while blobs are fetched. */
  computesAt: number | null;
  /** Counts the ends that were set: the last one holds. */
  ends: number;
  /** Nothing is computed any more: what came of it is written. */
  isStored: boolean;
}

/** From a lease to a contribution that the coordinator has, as packages/volunteer/contributing does it. */
export class Working {
  readonly #tab: Page;
  #job: Job | null = null;
  #uploading: { readonly lease: string } | null = null;

  constructor(tab: Page) {
    this.#tab = tab;
  }

  begin(lease: LeaseMessage): void {
    const { volunteer } = this.#tab;
    const { agenda, random } = volunteer.around;
    const task = lease.body as Task;
    const refs = blobsIn(task.body).filter(({ sha256 }) => !volunteer.disk.hasBlob(sha256));
    const job: Job = {
      lease,
      task,
      deadlineAt: agenda.now + CUT_PART * volunteer.clock.trueMs(task.durationMs),
      missing: new Set(refs.map(({ sha256 }) => sha256)),
      stepMs: (1000 * task.tokens) / task.steps / (volunteer.tokensPerSecond * random.around(1, 1.2)),
      computesAt: null,
      ends: 0,
      isStored: false,
    };
    this.#job = job;
    const { sharing } = this.#tab;
    const shared = sharing ? refs.slice(0, MOST_SHARED) : [];
    const others = refs.slice(shared.length);
    for (const ref of shared)
      sharing!.fetch(ref, (found) => (found ? this.#fetched(job, [ref]) : this.#download(job, [ref], refs.length)));
    this.#download(job, others, refs.length);
  }

  /** Stops the work in hand between two steps. */
  cut(): void {
    const job = this.#job;
    if (!job || job.isStored) return;
    const { now } = this.#tab.volunteer.around.agenda;
    if (job.computesAt === null) this.#fail(job, 'blob_unavailable');
    else {
      const steps = Math.ceil((now - job.computesAt) / job.stepMs);
      this.#endAfter(job, job.computesAt + steps * job.stepMs - now, () => this.#finish(job, steps));
    }
  }

  /** Ends the worker at once. */
  kill(): void {
    if (this.#job && !this.#job.isStored) this.#fail(this.#job, 'worker_crashed');
  }

  /** Hands in what is on the disk. */
  upload(lease: string): void {
    const { volunteer } = this.#tab;
    const { random, door, network } = volunteer.around;
    const upload = volunteer.disk.uploads.get(lease);
    const mine = { lease };
    this.#uploading = mine;
    const after = (ms: number, act: () => void) =>
      this.#tab.later(ms, () => {
        if (this.#uploading === mine) act();
      });
    const end = (act: () => void) => {
      this.#uploading = null;
      act();
    };
    const fail = () =>
      after(random.waitMs(3000), () =>
        end(() => this.#tab.tell({ type: 'UploadFailed', lease, chance: random.fraction() })),
      );
    after(random.waitMs(volunteer.travelMs), () => {
      if (!upload || network.fails(volunteer) || !door.isOpen) return fail();
      const answer = door.receive(lease, upload.sha256, upload.bytes, upload.report);
      if (answer === null || network.fails(volunteer)) return fail();
      after(volunteer.latencyMs, () =>
        end(() => {
          if (answer.ok) {
            volunteer.disk.uploads.delete(lease);
            this.#tab.tell({ type: 'UploadEnded', lease });
          } else {
            volunteer.disk.discard(lease);
            this.#tab.tell({ type: 'UploadRefused', lease, code: answer.code, detail: '' });
          }
        }),
      );
    });
  }

  breakOff(lease: string): void {
    if (this.#uploading?.lease === lease) this.#uploading = null;
  }

  /** From the coordinator: `all` blobs of a lease take its travel time together. */
  #download(job: Job, refs: readonly BlobRef[], all: number, failures = 0): void {
    const { volunteer } = this.#tab;
    const { network, door } = volunteer.around;
    const pause = failures === 0 ? 0 : PAUSE_MS * 2 ** failures;
    this.#tab.later(pause + volunteer.latencyMs + (volunteer.travelMs * refs.length) / Math.max(1, all), () => {
      if (this.#job !== job) return;
      if (refs.length === 0 || (door.isOpen && !network.fails(volunteer))) this.#fetched(job, refs);
      else if (failures + 1 < MOST_FAILURES) this.#download(job, refs, all, failures + 1);
      else this.#fail(job, 'blob_unavailable');
    });
  }

  #fetched(job: Job, refs: readonly BlobRef[]): void {
    const { volunteer, sharing } = this.#tab;
    for (const { sha256 } of refs) {
      volunteer.disk.putBlob(sha256);
      job.missing.delete(sha256);
    }
    if (this.#job !== job || job.missing.size > 0 || job.computesAt !== null) return;
    sharing?.announce();
    this.#compute(job);
  }

  #compute(job: Job): void {
    const { agenda, random, fault } = this.#tab.volunteer.around;
    job.computesAt = agenda.now;
    const { lease, task, stepMs } = job;
    this.#tab.tell({ type: 'WorkFetched', lease: lease.lease });
    if (this.#job !== job) return;
    const steps = Math.min(task.steps, Math.floor((job.deadlineAt - agenda.now) / stepMs));
    const ms = Math.max(0, steps) * stepMs;
    if (random.chance(fault)) this.#endAfter(job, random.fraction() * ms, () => this.#fail(job, random.pick(FAULTS)));
    else this.#endAfter(job, ms, () => this.#finish(job, steps));
    if (random.chance(0.1))
      this.#tab.later(ms / 2, () => {
        if (this.#job !== job || job.isStored) return;
        const progress = {
          steps: Math.floor(steps / 2),
          loss: 3,
          tokensPerSecond: this.#tab.volunteer.tokensPerSecond,
        };
        this.#tab.tell({ type: 'WorkProgressed', lease: lease.lease, ...progress });
      });
  }

  #endAfter(job: Job, ms: number, act: () => void): void {
    const mine = ++job.ends;
    this.#tab.later(ms, () => {
      if (this.#job === job && job.ends === mine) act();
    });
  }

  #fail(job: Job, code: ErrorCode): void {
    this.#job = null;
    const chance = this.#tab.volunteer.around.random.fraction();
    this.#tab.tell({ type: 'WorkFailed', lease: job.lease.lease, code, detail: '', chance });
  }

  /** The state is written first, then the contribution, and then the mind hears of it: the page may close between any two. */
  #finish(job: Job, steps: number): void {
    const { disk, around } = this.#tab.volunteer;
    const { lease, run, kind } = job.lease;
    if (steps < 1) {
      this.#job = null;
      this.#tab.tell({ type: 'WorkEnded', lease, upload: null });
      return;
    }
    job.isStored = true;
    const upload = this.#contribution(job, steps);
    if (job.task.path !== null) disk.stage(lease, `${run} ${kind} ${job.task.path}`);
    this.#tab.later(around.random.int(0, 20), () => {
      disk.uploads.set(lease, upload);
      this.#tab.later(around.random.int(0, 20), () => {
        this.#job = null;
        this.#tab.tell({ type: 'WorkEnded', lease, upload });
        if (!this.#tab.mind.state.uploads.some((entry) => entry.upload.lease === lease)) disk.discard(lease);
      });
    });
  }

  #contribution({ lease: { lease, run, kind, token }, task, stepMs }: Job, steps: number): Upload {
    const { volunteer } = this.#tab;
    const { random, lies, lie: chance, sorts = LIES } = volunteer.around;
    if (!volunteer.honest && random.chance(chance)) lies.set(lease, random.pick(sorts));
    const lie = lies.get(lease);
    const tokens = (steps * task.tokens) / task.steps;
    const report: Report = {
      steps: lie === 'steps' ? steps + 1000 : lie === 'no-steps' ? 0 : steps,
      tokens: lie === 'tokens' ? tokens + 1_000_000 : tokens,
      computeMs: Math.round(steps * stepMs),
      loss: 3,
      downloadedBytes: { peers: 0, coordinator: 0 },
      executor: { name: 'virtual', adapter: '', tokensPerSecond: volunteer.tokensPerSecond },
    };
    return { lease, run, kind, token, sha256: lease.slice(1).padStart(64, '0'), bytes: 4096, report };
  }
}

/** Every blob that a task names, wherever it stands, each once. */
function blobsIn(body: unknown): BlobRef[] {
  const found = new Map<string, BlobRef>();
  const seek = (value: unknown): void => {
    if (value === null || typeof value !== 'object') return;
    const { sha256, bytes } = value as Partial<BlobRef>;
    if (typeof sha256 === 'string' && typeof bytes === 'number') found.set(sha256, { sha256, bytes });
    else for (const part of Object.values(value)) seek(part);
  };
  seek(body);
  return [...found.values()];
}
