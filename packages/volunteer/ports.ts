import type { BlobStore } from '@pathfold/blobs/blob-store';
import type { ComputeChoice } from '@pathfold/coordination/volunteer/state';
import type { VersionRef } from '@pathfold/protocol/blob';
import type { ExecutorInfo } from '@pathfold/protocol/report';
import type { Swarm, SwarmPorts, SwarmStats } from '@pathfold/swarm/swarm';
import type { WorkResult } from '@pathfold/works/work-run';
import type { AnswersWorker } from './answering/messages.ts';
import type { Identity } from './connection/identity.ts';
import type { Notes } from './storage/notes.ts';

/** A text socket, as browsers and `ws` offer it. */
export interface Socket {
  send(text: string): void;
  close(): void;
  /** Bytes accepted but not yet sent. */
  readonly bufferedAmount: number;
  onopen: (() => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: (() => void) | null;
  onerror: (() => void) | null;
}

export interface Job {
  readonly kind: string;
  readonly body: unknown;
  /** Milliseconds from now after which the work must have been cut short. */
  readonly deadlineMs: number;
}

/** The calls of a job to this side while it computes. */
export interface JobPorts {
  blob(ref: VersionRef): Promise<Uint8Array>;
  kept(name: string): Promise<Uint8Array | null>;
  onComputing(): void;
  /** The device was lost in the midst of the work, which goes on on this one. */
  onDevice(executor: ExecutorInfo): void;
  onProgress(progress: { steps: number; loss: number | null; tokensPerSecond: number }): void;
}

/** The device, in a worker of its own: a socket keeps its heartbeats while a step computes. */
export interface Compute {
  /**
   * Opens the fastest executor that passes its self-test. Throws PathfoldError `self_test_failed`,
   * `no_device`, `worker_crashed`.
   */
  probe(choice: ComputeChoice): Promise<ExecutorInfo>;
  /**
   * Does one piece of work; an abort cuts it short between two steps, and it answers what was done.
   * Throws PathfoldError: `worker_crashed`, `device_lost`, `out_of_memory`, `loss_not_finite`, `blob_unavailable`.
   */
  execute(job: Job, ports: JobPorts, signal: AbortSignal): Promise<WorkResult>;
  /** Fraction of the time spent computing, (0, 1]; from the next step on. */
  setThrottle(throttle: number): void;
  /** Ends the worker at once; what runs in it fails with `worker_crashed`. The next probe starts another. */
  kill(): void;
}

export interface VolunteerPorts {
  /** Where the coordinator is, for example `https://host/`. */
  readonly url: URL;
  readonly agent: 'browser' | 'node';
  readonly name: string;
  openSocket(url: string): Socket;
  readonly fetch: typeof fetch;
  /** Fetched blobs. */
  readonly blobs: BlobStore;
  /** Fetched blobs take so much at most, and optimizer state once more. */
  readonly cacheBytes: number;
  /** Unfinished uploads, optimizer state, resume token. */
  readonly notes: Notes;
  readonly compute: Compute;
  readonly identity: Identity;
  /** Memory for training, in bytes: an estimate. */
  readonly memoryBytes: number;
  /** Milliseconds, never going back. */
  now(): number;
  /** Calls back once after some milliseconds; answers how to cancel. Must keep time in a hidden page. */
  after(ms: number, callback: () => void): () => void;
  /** In [0, 1). */
  random(): number;
  /** Starts the worker that answers prompts; null where there is none. */
  readonly openAnswers: (() => AnswersWorker) | null;
  /** Null where there is no WebRTC. */
  readonly openSwarm: ((ports: SwarmHostPorts) => Swarm) | null;
}

/** The part of a swarm's ports that the volunteer offers. */
export interface SwarmHostPorts extends Pick<SwarmPorts, 'send' | 'read' | 'range' | 'table'> {
  onStats(stats: SwarmStats): void;
}
