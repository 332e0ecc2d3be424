import { workerData } from 'node:worker_threads';
import { diskBlobs } from '@pathfold/blobs/disk';
import type { FoldBlobs, Json, WorkFold } from '@pathfold/coordination/work-plan';
import { PathfoldError } from '@pathfold/protocol/errors';
import type { Report } from '@pathfold/protocol/report';
import * as z from 'zod/mini';

/** Runs in a worker thread: one fold or one check at a time. */
export interface ThreadData {
  readonly blobFolder: string;
  /** URL of the module that lists the kinds of work as `folds`. */
  readonly works: string;
}

export type Job =
  | { readonly type: 'fold'; readonly kind: string; readonly input: Json }
  | {
      readonly type: 'check';
      readonly kind: string;
      readonly body: Json;
      readonly sha256: string;
      readonly report: Report;
      readonly trusted: boolean;
    };

/** Errors lose their class between threads; this keeps what a PathfoldError says, and for the log what it stands for. */
export type JobResult<T> =
  | { readonly value: T }
  | { readonly code: PathfoldError['code']; readonly detail: string; readonly cause?: unknown };

const { blobFolder, works } = workerData as ThreadData;
const { folds } = (await import(works)) as { folds: readonly WorkFold[] };
const store = diskBlobs(blobFolder);
const blobs: FoldBlobs = {
  put: store.put,
  async get(sha256, range) {
    const bytes = store.getSync(sha256, range);
    if (!bytes) throw new Error(`blob ${sha256} is gone`);
    return bytes;
  },
};

const MOST_KEPT_BYTES = 16 * 1024 * 1024;
let kept = new Uint8Array(0);
/** Memory for one payload at a time, the same again and again: fresh memory costs page faults and collections. */
const room = (length: number): Uint8Array => {
  if (length > MOST_KEPT_BYTES) return new Uint8Array(length);
  if (length > kept.length) kept = new Uint8Array(length);
  return kept.subarray(0, length);
};

const payloadOf = (sha256: string): Uint8Array => {
  const bytes = store.getSync(sha256, undefined, room);
  if (!bytes) throw new Error(`blob ${sha256} is gone`);
  return bytes;
};

const kindOf = (name: string): WorkFold => {
  const kind = folds.find((fold) => fold.name === name);
  if (!kind) throw new Error(`there is no kind of work "${name}"`);
  return kind;
};

const run = async (job: Job): Promise<unknown> => {
  const kind = kindOf(job.kind);
  if (job.type === 'fold') return kind.fold(job.input, blobs);
  return kind.check(job.body, payloadOf(job.sha256), job.report, job.trusted);
};

/** A shortage of the machine says nothing about the work. */
const OUT_OF_MEMORY = 'Array buffer allocation failed';

/** The error of a fold for numbers of another shape than it expects. */
const isAboutInput = (error: unknown): error is Error =>
  error instanceof TypeError ||
  (error instanceof RangeError && error.message !== OUT_OF_MEMORY) ||
  error instanceof z.core.$ZodError;

export default async (job: Job): Promise<JobResult<unknown>> => {
  try {
    return { value: await run(job) };
  } catch (error) {
    if (error instanceof PathfoldError) return { code: error.code, detail: error.detail };
    if (job.type === 'fold' && isAboutInput(error))
      return { code: 'bad_payload', detail: 'what came in does not fit together', cause: error.stack };
    throw error;
  }
};
