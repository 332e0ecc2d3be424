import { Worker } from 'node:worker_threads';
import type { AnswerPiece, Question } from '@pathfold/inference/answer';
import type { PathFormat } from '@pathfold/inference/export/files';
import type { ExportNotes } from '@pathfold/inference/export/folder';
import { PathfoldError } from '@pathfold/protocol/errors';
import type { ExportFile } from './export-cache.ts';
import type { FromWorker, Task, ToWorker } from './messages.ts';
import type { PathVersion } from './path-source.ts';
import { Turns } from './turns.ts';

/** Path versions that the worker keeps at hand. */
const HELD_PATHS = 3;

/** The coordinator's side of the worker thread. The thread starts with the first job, and again after a crash. */
export class PromptWorker {
  readonly #turns: Turns;
  #worker: Worker | null = null;
  /** Keys of the paths that the worker holds, the longest unused first. */
  #held: string[] = [];
  #job = 0;
  #closed = false;

  constructor(queueLimit: number) {
    this.#turns = new Turns(queueLimit);
  }

  /**
   * Streams an answer until `signal` aborts. The computation never waits for the reader, so that a slow one holds up
   * nobody: an answer is bounded by its `maxTokens`. Errors with `queue_full` and with what went wrong.
   */
  ask(version: PathVersion, question: Question, signal: AbortSignal): ReadableStream<AnswerPiece> {
    return new ReadableStream<AnswerPiece>({
      start: (answer) => {
        this.#perform(version, { type: 'ask', question }, signal, (message) => {
          if (message.type === 'piece') answer.enqueue(message.piece);
        }).then(
          () => answer.close(),
          (error) => answer.error(error),
        );
      },
    });
  }

  /** Writes an export file. */
  write(version: PathVersion, format: PathFormat, notes: ExportNotes): Promise<ExportFile> {
    return this.#file(version, { type: 'write', format, notes });
  }

  /** Writes the graph of a base's features. */
  writeFeatures(base: PathVersion): Promise<ExportFile> {
    return this.#file(base, { type: 'features' });
  }

  /** The path that a text goes to. */
  async route(base: PathVersion, text: Question['prompt'], signal: AbortSignal): Promise<string> {
    let path = '';
    await this.#perform(base, { type: 'route', text }, signal, (message) => {
      if (message.type === 'routed') path = message.path;
    });
    return path;
  }

  async #file(version: PathVersion, task: Task): Promise<ExportFile> {
    let file: ExportFile | null = null;
    await this.#perform(version, task, new AbortController().signal, (message) => {
      if (message.type === 'file') file = message;
    });
    if (!file) throw new PathfoldError('internal', 'The prompt worker wrote nothing.');
    return file;
  }

  /** Ends the thread; whoever still waits is refused. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#worker?.terminate();
  }

  #perform(
    version: PathVersion,
    task: Task,
    signal: AbortSignal,
    receive: (message: FromWorker) => void,
  ): Promise<void> {
    return this.#turns.take(signal, async () => {
      if (this.#closed) throw new PathfoldError('not_ready', 'The coordinator is stopping.');
      const { key } = version;
      const source = this.#held.includes(key) ? null : await version.load();
      signal.throwIfAborted();
      const kept = this.#held.filter((other) => other !== key);
      const forget = kept.splice(0, kept.length + 1 - HELD_PATHS);
      this.#held = kept;
      await this.#converse({ type: 'job', job: ++this.#job, key, source, forget, task }, signal, receive);
      this.#held.push(key);
    });
  }

  /** Sends a job and hears it out. */
  #converse(
    job: ToWorker & { type: 'job' },
    signal: AbortSignal,
    receive: (message: FromWorker) => void,
  ): Promise<void> {
    const worker = this.#running();
    return new Promise<void>((resolve, reject) => {
      const cancel = () => worker.postMessage({ type: 'cancel', job: job.job } satisfies ToWorker);
      const settle = (end: () => void) => {
        signal.removeEventListener('abort', cancel);
        worker.off('message', heard).off('error', died).off('exit', died);
        end();
      };
      const heard = (message: FromWorker) => {
        if (message.type === 'done') settle(resolve);
        else if (message.type === 'failed') settle(() => reject(new PathfoldError(message.code, message.detail)));
        else receive(message);
      };
      const died = (cause: unknown) =>
        settle(() => reject(new PathfoldError('internal', `The prompt worker stopped: ${cause}`)));
      worker.on('message', heard).on('error', died).on('exit', died);
      signal.addEventListener('abort', cancel);
      const buffers = job.source ? [...job.source.modules.values()].map(({ buffer }) => buffer) : [];
      worker.postMessage(job, buffers);
    });
  }

  #running(): Worker {
    if (this.#worker) return this.#worker;
    const worker = new Worker(new URL('./thread.mjs', import.meta.url));
    const forgetIt = () => {
      this.#worker = null;
      this.#held = [];
    };
    worker.on('error', forgetIt).on('exit', forgetIt);
    this.#worker = worker;
    return worker;
  }
}
