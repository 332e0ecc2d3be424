import { Worker } from 'node:worker_threads';
import type { ExportNotes } from '@pathfold/checkpoint/formats';
import type { AnswerPiece, Question } from '@pathfold/inference/answer';
import { type Move, moveInWords } from '@pathfold/inference/reroute';
import type { Routed } from '@pathfold/inference/route';
import type { AnswerNote, MoveNote } from '@pathfold/protocol/answer-notes';
import type { Continuation } from '@pathfold/protocol/continuation';
import { type ErrorCode, PathfoldError } from '@pathfold/protocol/errors';
import type { ExportFile } from './export-cache.ts';
import type { Embedded, FromWorker, Lent, Task, ToWorker, Wanted } from './messages.ts';
import type { PathVersion } from './path-source.ts';
import { Turns } from './turns.ts';

/** Path versions that the worker keeps at hand: at least a base, the path that answers and the one that it moves to. */
const HELD_PATHS = 4;

/** The parts of an answer, in order. */
export type Answered = AnswerPiece | { note: AnswerNote };

/** The report of a move. */
const moveNote = (move: Move): MoveNote => {
  const { at, from, path, runnerUp } = move;
  return { at_token: at, from, to: path, runner_up: runnerUp, reason: moveInWords(move) };
};

/** How an answer may change its path. */
export interface Rerouting {
  readonly every: number;
  versionOf(wanted: Wanted): PathVersion;
}

const problemOf = (error: unknown): { code: ErrorCode; detail: string } =>
  error instanceof PathfoldError
    ? { code: error.code, detail: error.detail }
    : { code: 'internal', detail: String(error) };

/** The coordinator's side of the worker thread. The thread starts with the first job, and again after a crash. */
export class PromptWorker {
  readonly #turns: Turns;
  #worker: Worker | null = null;
  /** Keys of the paths that the worker holds, the longest unused first. */
  #held: string[] = [];
  /** Keys of failed jobs, which the worker may still hold: it forgets them with the next path that is lent. */
  #stray: string[] = [];
  #job = 0;
  #closed = false;

  constructor(queueLimit: number) {
    this.#turns = new Turns(queueLimit);
  }

  /**
   * Streams an answer until `signal` aborts. The computation never waits for the reader, so that a slow one holds up
   * nobody: an answer is bounded by its `maxTokens`. Errors with `queue_full` and with what went wrong.
   */
  ask(
    version: PathVersion,
    question: Question,
    rerouting: Rerouting | null,
    signal: AbortSignal,
  ): ReadableStream<Answered> {
    const task: Task = { type: 'ask', question, every: rerouting?.every ?? null };
    return this.#stream<Answered>(version, task, signal, rerouting, (message) => {
      if (message.type === 'moved') return { note: { move: moveNote(message.move) } };
      return message.type === 'piece' ? message.piece : null;
    });
  }

  /** Streams the tokens that go on with an answer. */
  continueAnswer(version: PathVersion, continuation: Continuation, signal: AbortSignal): ReadableStream<number> {
    return this.#stream(version, { type: 'continue', continuation }, signal, null, (message) =>
      message.type === 'token' ? message.id : null,
    );
  }

  #stream<T>(
    version: PathVersion,
    task: Task,
    signal: AbortSignal,
    rerouting: Rerouting | null,
    take: (message: FromWorker) => T | null,
  ): ReadableStream<T> {
    const enough = new AbortController();
    return new ReadableStream<T>({
      start: (answer) => {
        const receive = (message: FromWorker) => {
          const part = enough.signal.aborted ? null : take(message);
          if (part !== null) answer.enqueue(part);
        };
        this.#perform(version, task, AbortSignal.any([signal, enough.signal]), receive, rerouting).then(
          () => enough.signal.aborted || answer.close(),
          (error) => answer.error(error),
        );
      },
      cancel: () => enough.abort(),
    });
  }

  /** Writes an export file. */
  write(version: PathVersion, format: string, notes: ExportNotes, signal: AbortSignal): Promise<ExportFile> {
    return this.#file(version, { type: 'write', format, notes }, signal);
  }

  /** Writes the graph of a base's features. */
  writeFeatures(base: PathVersion, signal: AbortSignal): Promise<ExportFile> {
    return this.#file(base, { type: 'features' }, signal);
  }

  /** The path that a text goes to by a base and its router, and its tokens, END_OF_TEXT first. */
  async route(
    base: PathVersion,
    text: Question['prompt'],
    signal: AbortSignal,
  ): Promise<{ routed: Routed; ids: number[] }> {
    let answer: { routed: Routed; ids: number[] } | null = null;
    await this.#perform(base, { type: 'route', text }, signal, (message) => {
      if (message.type === 'routed') answer = message;
    });
    if (!answer) throw new PathfoldError('not_ready', 'The prompt was not routed.');
    return answer;
  }

  /** The feature of a text by a base. */
  async embed(base: PathVersion, text: Question['prompt'], signal: AbortSignal): Promise<Embedded> {
    let answer: Embedded | null = null;
    await this.#perform(base, { type: 'embed', text }, signal, (message) => {
      if (message.type === 'embedded') answer = message;
    });
    if (!answer) throw new PathfoldError('not_ready', 'The text was not read.');
    return answer;
  }

  async #file(version: PathVersion, task: Task, signal: AbortSignal): Promise<ExportFile> {
    let file: ExportFile | null = null;
    await this.#perform(version, task, signal, (message) => {
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
    rerouting: Rerouting | null = null,
  ): Promise<void> {
    return this.#turns.take(signal, async () => {
      if (this.#closed) throw new PathfoldError('not_ready', 'The coordinator is stopping.');
      const lent = [version.key];
      let base: string | null = null;
      const lend = async (wanted: Wanted): Promise<Lent> => {
        const other = rerouting!.versionOf(wanted);
        lent.push(other.key);
        if ('base' in wanted) base = other.key;
        const given = await this.#lend(other, signal);
        // The base reads to the end of the answer: it is never the longest unused.
        if (base !== null && this.#held.includes(base))
          this.#held = [...this.#held.filter((key) => key !== base), base];
        return given;
      };
      try {
        const first = await this.#lend(version, signal);
        await this.#converse({ type: 'job', job: ++this.#job, lent: first, task }, signal, receive, lend);
      } catch (error) {
        // The client's request was wrong, not the path.
        if (error instanceof PathfoldError && error.code === 'bad_request') throw error;
        this.#held = this.#held.filter((key) => !lent.includes(key));
        this.#stray.push(...lent);
        throw error;
      }
    });
  }

  /** Counts the path as held from now on. */
  async #lend(version: PathVersion, signal: AbortSignal): Promise<Lent> {
    const { key } = version;
    const source = this.#held.includes(key) ? null : await version.load();
    signal.throwIfAborted();
    const kept = this.#held.filter((other) => other !== key);
    const forget = [...this.#stray.splice(0), ...kept.splice(0, kept.length + 1 - HELD_PATHS)];
    this.#held = [...kept, key];
    return { key, source, forget };
  }

  /** Sends a job and hears it out. */
  #converse(
    job: ToWorker & { type: 'job' },
    signal: AbortSignal,
    receive: (message: FromWorker) => void,
    lend: (wanted: Wanted) => Promise<Lent>,
  ): Promise<void> {
    const worker = this.#running();
    const buffersOf = ({ source }: Lent) => (source ? source.parameters.map(({ buffer }) => buffer) : []);
    const post = (message: ToWorker) => worker.postMessage(message, 'lent' in message ? buffersOf(message.lent) : []);
    return new Promise<void>((resolve, reject) => {
      const cancel = () => post({ type: 'cancel', job: job.job });
      const settle = (end: () => void) => {
        signal.removeEventListener('abort', cancel);
        worker.off('message', heard).off('error', died).off('exit', died);
        end();
      };
      const heard = (message: FromWorker) => {
        if (message.type === 'done') settle(resolve);
        else if (message.type === 'failed') settle(() => reject(new PathfoldError(message.code, message.detail)));
        else if (message.type === 'want')
          lend(message.wanted).then(
            (lent) => post({ type: 'lent', job: job.job, lent }),
            (error: unknown) => post({ type: 'refused', job: job.job, ...problemOf(error) }),
          );
        else receive(message);
      };
      const died = (cause: unknown) =>
        settle(() => reject(new PathfoldError('internal', `The prompt worker stopped: ${cause}`)));
      worker.on('message', heard).on('error', died).on('exit', died);
      signal.addEventListener('abort', cancel);
      post(job);
    });
  }

  #running(): Worker {
    if (this.#worker) return this.#worker;
    const worker = new Worker(new URL('./thread.mjs', import.meta.url));
    const forgetIt = () => {
      this.#worker = null;
      this.#held = [];
      this.#stray = [];
    };
    worker.on('error', forgetIt).on('exit', forgetIt);
    this.#worker = worker;
    return worker;
  }
}
