import type { LeaseRecord } from '@pathfold/coordination/coordinator/state';
import type { BlobRef } from '@pathfold/protocol/blob';
import type { Report } from '@pathfold/protocol/report';
import type { WorkPorts, WorkResult, WorkRun } from '@pathfold/works/work-run';

/** A device: how fast it computes and what its line carries. */
export interface Device {
  readonly id: string;
  readonly tokensPerSecond: number;
  /** Bytes a second; a line without end when left out. */
  readonly downBytesPerSecond?: number;
  readonly upBytesPerSecond?: number;
}

/** Bytes that went over the volunteers' lines. */
export interface Traffic {
  down: number;
  up: number;
}

/** The calls of a volunteer to the laboratory. */
export interface Surroundings {
  readonly executor: WorkPorts['executor'];
  readonly traffic: Traffic;
  blob(ref: BlobRef): Promise<Uint8Array>;
}

/** Blobs that its disk holds: those of the last two leases are enough to see what is new. */
const REMEMBERED = 16;

/** A clock that stands: what takes virtual time is told by the device, not measured. */
const STANDING = { now: () => 0, sleep: async () => {} };

/** A volunteer in virtual time: the product's half of a kind of work, on a device that the study describes. */
export class LaboratoryVolunteer {
  readonly #around: Surroundings;
  readonly #disk = new Set<string>();
  readonly #kept = new Map<string, Uint8Array>();
  readonly #staged = new Map<string, NonNullable<WorkResult['keep']>>();
  present = true;

  constructor(
    readonly device: Device,
    around: Surroundings,
  ) {
    this.#around = around;
  }

  /** Virtual milliseconds until the work of a lease is done and handed in. Counts what is downloaded for it. */
  durationMs(lease: LeaseRecord): { readonly travelMs: number; readonly unitMs: number } {
    const { tokensPerSecond, downBytesPerSecond = Number.POSITIVE_INFINITY, upBytesPerSecond } = this.device;
    const { task } = lease;
    const down = this.#download(blobsIn(task.body));
    const up = upBytesPerSecond ? task.maxPayloadBytes / upBytesPerSecond : 0;
    return {
      travelMs: 1000 * (down / downBytesPerSecond + up),
      unitMs: (1000 * task.tokens) / task.steps / tokensPerSecond,
    };
  }

  #download(blobs: readonly BlobRef[]): number {
    let bytes = 0;
    for (const blob of blobs) {
      if (!this.#disk.has(blob.sha256)) bytes += blob.bytes;
      this.#disk.delete(blob.sha256);
      this.#disk.add(blob.sha256);
    }
    for (const old of [...this.#disk].slice(0, -REMEMBERED)) this.#disk.delete(old);
    this.#around.traffic.down += bytes;
    return bytes;
  }

  /** Computes a lease, at most so many units of it. `ms`: what it took in virtual time. */
  async compute(
    run: WorkRun,
    lease: LeaseRecord,
    units: number,
    ms: number,
  ): Promise<{ payload: Uint8Array; report: Report }> {
    const cut = new AbortController();
    const ports: WorkPorts = {
      executor: this.#around.executor,
      blob: (ref) => this.#around.blob(ref),
      kept: async (name) => this.#kept.get(name) ?? null,
      clock: STANDING,
      remainingMs: () => Number.POSITIVE_INFINITY,
      signal: cut.signal,
      throttle: () => 1,
      onComputing() {},
      onProgress({ steps }) {
        if (steps >= units && units < lease.task.steps) cut.abort();
      },
    };
    const { payload, steps, tokens, loss, keep } = await run.execute(lease.task.body, ports);
    if (keep) this.#staged.set(lease.id, keep);
    const { tokensPerSecond } = this.device;
    const executor = { name: 'wasm', adapter: '', tokensPerSecond };
    const downloadedBytes = { peers: 0, coordinator: 0 };
    return { payload, report: { steps, tokens, computeMs: Math.ceil(ms), loss, downloadedBytes, executor } };
  }

  /** A contribution was accepted, or will never be: what was to be kept counts, or is gone. */
  settle(lease: string, accepted: boolean): void {
    const keep = this.#staged.get(lease);
    if (keep && accepted) this.#kept.set(keep.name, keep.bytes);
    this.#staged.delete(lease);
  }

  /** State that it carries from lease to lease, by name. */
  get kept(): Map<string, Uint8Array> {
    return this.#kept;
  }
}

/** Every blob that a task names, wherever it stands. */
function blobsIn(value: unknown): BlobRef[] {
  if (value === null || typeof value !== 'object') return [];
  const { sha256, bytes } = value as Partial<BlobRef>;
  if (typeof sha256 === 'string' && typeof bytes === 'number') return [{ sha256, bytes }];
  return Object.values(value).flatMap(blobsIn);
}
