import { Worker } from 'node:worker_threads';
import type { Answer, Statement } from './pglite-thread.ts';

/** Why the embedded database did not do what it was asked. Errors lose their class between threads. */
export class PgliteError extends Error {}

/**
 * PGlite in a thread of its own: its statements, and the disk writes at the end of each transaction, are synchronous
 * and would hold up the sockets. One connection: whoever shares it takes turns.
 */
export class PgliteClient {
  readonly #thread: Worker;
  readonly #waiting: { resolve(answer: Answer): void; reject(error: unknown): void }[] = [];
  #failure: PgliteError | null = null;

  /** `folder`: of the database, created when it is not there. */
  constructor(folder: string) {
    this.#thread = new Worker(new URL('./pglite-thread.mjs', import.meta.url), { workerData: folder });
    this.#thread.on('message', (answer: Answer) => this.#waiting.shift()?.resolve(answer));
    this.#thread.on('error', (error) => this.#fail(error));
    this.#thread.on('exit', () => this.#fail(new Error('the database thread has ended')));
  }

  async query<R>(sql: string, parameters: readonly unknown[]): Promise<{ rows: R[]; affectedRows: number }> {
    const { rows, affectedRows } = await this.#send({ sql, parameters });
    return { rows: rows as R[], affectedRows };
  }

  async close(): Promise<void> {
    await this.#send(null);
  }

  async #send(statement: Statement) {
    if (this.#failure) throw this.#failure;
    const answer = await new Promise<Answer>((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#thread.postMessage(statement);
    });
    if ('error' in answer) throw new PgliteError(answer.error.message, { cause: answer.error });
    return answer;
  }

  #fail(error: Error): void {
    this.#failure ??= new PgliteError(error.message, { cause: error });
    for (const { reject } of this.#waiting.splice(0)) reject(this.#failure);
  }
}
