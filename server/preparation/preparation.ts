import { MessageChannel } from 'node:worker_threads';
import { PathfoldError } from '@pathfold/protocol/errors';
import { Piscina } from 'piscina';
import type { Job, ResultOf } from './jobs.ts';
import type { ThreadAnswer, ThreadJob } from './thread.ts';

/** Seconds of arithmetic over text, one job at a time, in a thread that ends when there is none. */
export interface Preparation {
  /** Throws the PathfoldError that the text is refused with. */
  run<J extends Job>(job: J, onProgress: (words: string) => void): Promise<ResultOf<J>>;
  /** The jobs that wait or run, each under a name of its own. */
  underWay(): Iterable<string>;
  /** Whether it was closed: what it was running then has not failed, and may begin again after a restart. */
  isClosed(): boolean;
  close(): Promise<void>;
}

export function createPreparation(blobFolder: string): Preparation {
  const pool = new Piscina<ThreadJob, ThreadAnswer>({
    filename: new URL('./thread.ts', import.meta.url).href,
    execArgv: ['--import', import.meta.resolve('tsx')],
    minThreads: 0,
    maxThreads: 1,
  });
  let closed = false;
  let begun = 0;
  const underWay = new Set<string>();
  return {
    underWay: () => underWay,
    async run<J extends Job>(job: J, onProgress: (words: string) => void) {
      const { port1, port2 } = new MessageChannel();
      const name = `preparation ${begun++}`;
      underWay.add(name);
      port1.on('message', onProgress);
      try {
        const answer = await pool.run({ job, blobFolder, progress: port2 }, { transferList: [port2] });
        if ('code' in answer) throw new PathfoldError(answer.code, answer.detail);
        return answer.value as ResultOf<J>;
      } finally {
        port1.close();
        underWay.delete(name);
      }
    },
    isClosed: () => closed,
    async close() {
      closed = true;
      await pool.destroy();
    },
  };
}
