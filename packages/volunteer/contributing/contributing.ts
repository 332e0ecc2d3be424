import { sha256Of } from '@pathfold/blobs/memory';
import type { Mind } from '@pathfold/coordination/volunteer/run-mind';
import type { Upload } from '@pathfold/coordination/volunteer/state';
import type { VersionRef } from '@pathfold/protocol/blob';
import type { LeaseMessage } from '@pathfold/protocol/down';
import type { ExecutorInfo } from '@pathfold/protocol/report';
import type { WorkResult } from '@pathfold/works/work-run';
import type { VolunteerPorts } from '../ports.ts';
import { problemOf } from '../problem.ts';
import type { Traffic } from '../snapshot.ts';
import type { Kept } from '../storage/kept.ts';
import { handIn } from './hand-in.ts';
import type { Uploads } from './uploads.ts';

/** Upload speed assumed before the first upload was measured. */
const FIRST_BYTES_PER_SECOND = 500_000;

interface ContributingPorts extends Pick<VolunteerPorts, 'compute' | 'fetch' | 'url' | 'now' | 'random'> {
  readonly uploads: Uploads;
  readonly kept: Kept;
  readonly traffic: Traffic;
  fetchBlob(ref: VersionRef, signal: AbortSignal): Promise<Uint8Array>;
  deviceFound(executor: ExecutorInfo): void;
}

/** From a lease to a contribution that the coordinator has: computing, keeping, handing in. */
export function createContributing(mind: () => Mind, ports: ContributingPorts) {
  const { compute, uploads, kept, traffic } = ports;
  let working: AbortController | null = null;
  let uploading: { readonly lease: string; readonly control: AbortController } | null = null;

  /** Time to keep free before a lease's end, so that its contribution arrives in time. */
  const reserveMs = (lease: LeaseMessage) =>
    Math.min(
      lease.durationMs / 2,
      1000 + (1500 * lease.maxPayloadBytes) / (mind().state.line.upBytesPerSecond ?? FIRST_BYTES_PER_SECOND),
    );
  const scopeOf = (lease: LeaseMessage, name: string) => `${lease.run} ${lease.kind} ${name}`;

  async function contribute(lease: LeaseMessage, result: WorkResult, executor: ExecutorInfo, before: Traffic) {
    const upload: Upload = {
      lease: lease.lease,
      run: lease.run,
      kind: lease.kind,
      token: lease.token,
      sha256: await sha256Of(result.payload),
      bytes: result.payload.byteLength,
      report: {
        steps: result.steps,
        tokens: result.tokens,
        computeMs: result.computeMs,
        loss: result.loss,
        downloadedBytes: {
          peers: traffic.fromPeersBytes - before.fromPeersBytes,
          coordinator: traffic.fromCoordinatorBytes - before.fromCoordinatorBytes,
        },
        executor,
      },
    };
    // First: what is handed in after a crash has its state.
    if (result.keep) await kept.stage(lease.lease, scopeOf(lease, result.keep.name), result.keep.bytes);
    await uploads.keep(upload, result.payload);
    return upload;
  }

  async function discard(lease: string): Promise<void> {
    await uploads.forget(lease);
    await kept.reject(lease);
  }

  const breakOff = (lease: string) => {
    if (uploading?.lease === lease) uploading.control.abort();
  };

  return {
    /** Stops the work in hand between two steps. */
    cut: () => working?.abort(),
    breakOff,

    /** Breaks the upload off and forgets its bytes. */
    async drop(lease: string): Promise<void> {
      breakOff(lease);
      await discard(lease);
    },

    /** Does the work of a lease and keeps what came of it. */
    async work(lease: LeaseMessage, executor: ExecutorInfo): Promise<void> {
      const id = lease.lease;
      const control = new AbortController();
      working = control;
      const before = { ...traffic };
      let device = executor;
      try {
        const result = await compute.execute(
          { kind: lease.kind, body: lease.body, deadlineMs: lease.durationMs - reserveMs(lease) },
          {
            blob: (ref) => ports.fetchBlob(ref, control.signal),
            kept: (name) => kept.load(scopeOf(lease, name)),
            onComputing: () => mind().tell({ type: 'WorkFetched', lease: id }),
            onDevice(found) {
              device = found;
              ports.deviceFound(found);
            },
            onProgress: (progress) => mind().tell({ type: 'WorkProgressed', lease: id, ...progress }),
          },
          control.signal,
        );
        const upload = result.steps > 0 ? await contribute(lease, result, device, before) : null;
        mind().tell({ type: 'WorkEnded', lease: id, upload });
        if (!mind().state.uploads.some((entry) => entry.upload.lease === id)) await discard(id);
      } catch (error) {
        mind().tell({ type: 'WorkFailed', lease: id, ...problemOf(error), chance: ports.random() });
      } finally {
        if (working === control) working = null;
      }
    },

    /** Hands a kept contribution in. */
    async upload(lease: string): Promise<void> {
      const entry = mind().state.uploads.find((other) => other.upload.lease === lease);
      if (!entry) return;
      const resumed = entry.failures > 0;
      const control = new AbortController();
      uploading = { lease, control };
      try {
        const payload = await uploads.payload(lease);
        const began = ports.now();
        const answer = payload
          ? await handIn(ports.fetch, ports.url, entry.upload, payload, resumed, control.signal)
          : ({ ok: false, code: 'bad_payload', detail: 'Its bytes are gone from this machine.' } as const);
        if (answer.ok) {
          if (!resumed)
            mind().tell({ type: 'LineMeasured', direction: 'up', bytes: entry.upload.bytes, ms: ports.now() - began });
          traffic.uploadedBytes += entry.upload.bytes;
          await uploads.forget(lease);
          mind().tell({ type: 'UploadEnded', lease });
        } else {
          await discard(lease);
          mind().tell({ type: 'UploadRefused', lease, code: answer.code, detail: answer.detail });
        }
      } catch {
        if (!control.signal.aborted) mind().tell({ type: 'UploadFailed', lease, chance: ports.random() });
      } finally {
        if (uploading?.control === control) uploading = null;
      }
    },
  };
}
