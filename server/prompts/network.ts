import {
  type AnswersCommand,
  type AnswersEvent,
  answersDueAt,
  initAnswers,
  PATIENCE,
  type Patience,
  stepAnswers,
} from '@pathfold/coordination/answers/mind';
import type { BriefPlan, BriefTask } from '@pathfold/coordination/brief-plan';
import { windowAfter } from '@pathfold/inference/generate';
import type { Sampling } from '@pathfold/inference/sample';
import type { WriterNote } from '@pathfold/protocol/answer-notes';
import { MOST_ANSWER_TOKENS } from '@pathfold/protocol/continuation';
import type { Down } from '@pathfold/protocol/down';
import { ERRORS, type ErrorCode, PathfoldError } from '@pathfold/protocol/errors';
import type { Up } from '@pathfold/protocol/up';
import type { Fact } from '../host.ts';
import { newSecret } from '../security/secrets.ts';

/** Prompts that volunteers answer at once. */
const MOST_QUESTIONS = 64;

/** Messages of volunteers about answers. */
export type AnsweringMessage = Extract<Up, { type: 'answering' | 'tokens' | 'unanswered' }>;

/** The answer that a volunteer goes on with. `prompt` begins with END_OF_TEXT. */
export interface NetworkQuestion {
  readonly run: string;
  /** As `offer` says. */
  readonly body: BriefTask;
  /** Tokens that the net reads at most. */
  readonly context: number;
  readonly prompt: readonly number[];
  readonly sampling: Sampling;
  readonly tokens: number;
  readonly vocabulary: number;
  /** Volunteers that have worked on the path. */
  readonly holders: readonly string[];
  /** Whose memory does not hold it. */
  readonly unfit: readonly string[];
}

/** A part of an answer, in order. `fallBack`: no more comes from volunteers, and the answer is not complete. */
export type NetworkPart =
  | { readonly id: number; readonly volunteer: string }
  | { readonly writer: WriterNote }
  | { readonly fallBack: true };

/** An event before its time is set. */
type Happening = AnswersEvent extends infer E ? (E extends unknown ? Omit<E, 'at'> : never) : never;

export interface NetworkDeps {
  /** The kind of work that prompts are. */
  readonly plan: BriefPlan;
  send(volunteer: string, message: Down): boolean;
  /** Writes down what became of a lease. Resolves when credit is given. */
  record(fact: Extract<Fact, { type: 'BriefLeaseEnded' }>): Promise<void>;
  creditOf(volunteer: string): number;
  /** Milliseconds that never go back. */
  now(): number;
  readonly patience?: Patience;
}

interface Open {
  readonly question: NetworkQuestion;
  readonly answered: number[];
  /** The volunteer that goes on with it now. */
  volunteer: string;
  emit(part: NetworkPart): void;
  end(): void;
}

/** Prompts that volunteers answer: joins the mind with sockets and askers. Texts are in memory only, and only here. */
export function createNetwork({ plan, send, record, creditOf, now, patience = PATIENCE }: NetworkDeps) {
  const state = initAnswers(patience);
  const open = new Map<string, Open>();
  let timer: NodeJS.Timeout | undefined;
  let isLeaving = false;

  function step(event: Happening): void {
    for (const command of stepAnswers(state, { ...event, at: now() } as AnswersEvent, plan)) perform(command);
    clearTimeout(timer);
    const due = answersDueAt(state);
    if (due !== null) timer = setTimeout(() => step({ type: 'Ticked' }), Math.max(0, due - now())).unref();
  }

  function perform(command: AnswersCommand): void {
    switch (command.type) {
      case 'Ask':
        ask(command);
        break;
      case 'Deliver':
        deliver(command);
        break;
      case 'Hush':
        send(command.volunteer, { type: 'hush', lease: command.lease });
        break;
      case 'Settle':
        settle(command);
        break;
      case 'Finish':
        open.get(command.question)?.end();
        break;
      case 'FallBack':
        open.get(command.question)?.emit({ fallBack: true });
        open.get(command.question)?.end();
        break;
    }
  }

  function deliver({ question, ids }: Extract<AnswersCommand, { type: 'Deliver' }>): void {
    const asker = open.get(question);
    if (!asker) return;
    for (const id of ids) {
      asker.answered.push(id);
      asker.emit({ id, volunteer: asker.volunteer });
    }
  }

  function ask({ question, volunteer, lease, tokens }: Extract<AnswersCommand, { type: 'Ask' }>): void {
    const asker = open.get(question);
    if (!asker) return;
    asker.volunteer = volunteer;
    const { body, context, prompt, sampling, vocabulary, run } = asker.question;
    const window = windowAfter(context, prompt, asker.answered);
    const continuation = { ...sampling, window, answered: asker.answered.length, tokens, vocabulary };
    send(volunteer, { type: 'ask', lease, run, body, continuation, durationMs: patience.wholeMs });
  }

  function settle(command: Extract<AnswersCommand, { type: 'Settle' }>): void {
    const { lease, question, run, volunteer, tokens, credit, code, detail } = command;
    const notice = code === null ? 'A volunteer wrote this.' : `${ERRORS[code].what} ${detail}`;
    open.get(question)?.emit({ writer: { by: 'volunteer', volunteer, tokens, code, notice } });
    // The asker left before a token came: neither work nor failure.
    if (code === null && tokens === 0) return;
    if (code !== null && isLeaving) return;
    record({ type: 'BriefLeaseEnded', lease, run, kind: plan.name, volunteer, tokens, credit, code, detail }).then(
      () =>
        send(volunteer, {
          type: 'settled',
          lease,
          state: code === null ? 'checked' : 'rejected',
          code,
          detail,
          credit: creditOf(volunteer),
        }),
      () => {},
    );
  }

  return {
    /** The request to go on by a version of a path, and the bytes of memory that it takes. */
    offer: plan.offer,

    /** `origin`: the volunteer's network, where that is known. */
    heard(volunteer: string, message: AnsweringMessage, origin?: string) {
      switch (message.type) {
        case 'answering':
          return step({ type: 'Agreed', volunteer, on: message.on, ...(origin !== undefined && { origin }) });
        case 'tokens':
          return step({ ...message, type: 'TokensCame', volunteer });
        case 'unanswered': {
          const { lease } = message;
          const code = Object.hasOwn(ERRORS, message.code) ? (message.code as ErrorCode) : 'answer_broken_off';
          // Its own words may hold the prompt: they go no further.
          return step({ type: 'Unanswered', volunteer, lease, code, detail: 'The volunteer gave it up.' });
        }
      }
    },

    gone: (volunteer: string) => step({ type: 'Gone', volunteer }),

    /** How many volunteers answer prompts now. */
    get size() {
      return state.volunteers.size;
    },

    /** The parts of an answer as they come, until `signal` aborts. Who stops reading has enough. */
    answer(question: NetworkQuestion, signal: AbortSignal): ReadableStream<NetworkPart> {
      signal.throwIfAborted();
      if (open.size >= MOST_QUESTIONS)
        throw new PathfoldError('queue_full', `${MOST_QUESTIONS} prompts are with volunteers already.`);
      const id = newSecret(12);
      const leave = () => {
        open.delete(id);
        step({ type: 'Left', question: id });
      };
      return new ReadableStream<NetworkPart>({
        start(controller) {
          signal.addEventListener('abort', () => {
            if (!open.has(id)) return;
            leave();
            controller.error(signal.reason);
          });
          const { run, holders, unfit, vocabulary } = question;
          open.set(id, {
            question,
            answered: [],
            volunteer: '',
            emit: (part) => controller.enqueue(part),
            end() {
              open.delete(id);
              controller.close();
            },
          });
          const tokens = Math.min(question.tokens, MOST_ANSWER_TOKENS);
          step({ type: 'Asked', question: id, run, holders, unfit, tokens, vocabulary });
        },
        cancel: leave,
      });
    },

    /** The coordinator closes all lines: who was answering is not to blame. */
    leaving(): void {
      isLeaving = true;
    },

    close(): void {
      clearTimeout(timer);
      for (const { end } of [...open.values()]) end();
    },
  };
}
export type Network = ReturnType<typeof createNetwork>;
