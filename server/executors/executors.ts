import type { FoldOutput, Json } from '@pathfold/coordination/work-plan';
import { PathfoldError } from '@pathfold/protocol/errors';
import type { Report } from '@pathfold/protocol/report';
import { Piscina } from 'piscina';
import type { Job, JobResult, ThreadData } from './thread.ts';

/** Worker threads in which the coordinator's arithmetic runs, so that none of it runs on the socket loop. */
export interface Executors {
  /** Computes a fold; the new blobs are in the store when it answers. */
  fold(kind: string, input: Json): Promise<FoldOutput>;
  /** Reads a stored contribution and answers its figures. Throws the PathfoldError that it is rejected with. */
  check(kind: string, body: Json, sha256: string, report: Report, trusted: boolean): Promise<Record<string, number>>;
  /** Breaks off what runs: its promise is rejected. */
  close(): Promise<void>;
}

/** `blobFolder`: of an opened disk store. `works`: a module that lists the kinds of work as `folds`. */
export const openExecutors = (options: {
  readonly blobFolder: string;
  readonly threads: number;
  readonly works?: URL;
}): Executors => {
  const { blobFolder, threads, works = new URL('folds.ts', import.meta.url) } = options;
  const workerData: ThreadData = { blobFolder, works: works.href };
  const pool = new Piscina<Job, JobResult<unknown>>({
    filename: new URL('./thread.mjs', import.meta.url).href,
    minThreads: threads,
    maxThreads: threads,
    workerData,
  });
  // A thread that fails outside of a job is replaced; a job that it takes along fails by itself.
  pool.on('error', (error: Error) => process.emitWarning(error));
  const run = async (job: Job): Promise<unknown> => {
    const result = await pool.run(job);
    if ('code' in result) {
      const { code, detail, cause } = result;
      throw Object.assign(new PathfoldError(code, detail), cause === undefined ? {} : { cause });
    }
    return result.value;
  };
  return {
    fold: async (kind, input) => (await run({ type: 'fold', kind, input })) as FoldOutput,
    check: async (kind, body, sha256, report, trusted) =>
      (await run({ type: 'check', kind, body, sha256, report, trusted })) as Record<string, number>,
    close: () => pool.destroy(),
  };
};
