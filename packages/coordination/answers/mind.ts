import type { ErrorCode } from '@pathfold/protocol/errors';
import type { BriefPlan } from '../brief-plan.ts';
import { choose, makeGood, noteGrant, shun } from './choose.ts';
import type { AnswerLease, AnswersState, Patience } from './state.ts';

export type { Patience };

/**
 * The mind of answers that volunteers give to prompts: who is asked, how long is waited, what is credited; which tokens
 * count is the kind's to say. Pure: time comes in with the events, texts not at all. Its leases are too brief for the log
 * one by one (docs/decisions/0020): they are held here, beside the one that a volunteer computes on, and only what became
 * of them is an event.
 */

export const PATIENCE: Patience = { firstMs: 10_000, gapMs: 3_000, wholeMs: 60_000 };

/** Volunteers that are asked for one answer, before the coordinator writes it. */
export const MOST_ASKED = 2;

/** `origin`: its network, equal for those who may be one person; absent when not known. */
export type AnswersEvent = { readonly at: number } & (
  | { readonly type: 'Agreed'; readonly volunteer: string; readonly on: boolean; readonly origin?: string }
  /** Its socket is gone. */
  | { readonly type: 'Gone'; readonly volunteer: string }
  | {
      readonly type: 'Asked';
      /** Opaque, never used twice. */
      readonly question: string;
      readonly run: string;
      readonly holders: readonly string[];
      readonly unfit: readonly string[];
      readonly tokens: number;
      readonly vocabulary: number;
    }
  | {
      readonly type: 'TokensCame';
      readonly volunteer: string;
      readonly lease: string;
      readonly ids: readonly number[];
      readonly end: boolean;
    }
  | {
      readonly type: 'Unanswered';
      readonly volunteer: string;
      readonly lease: string;
      readonly code: ErrorCode;
      readonly detail: string;
    }
  /** The asker has enough: a stop sequence came, or it hung up. */
  | { readonly type: 'Left'; readonly question: string }
  | { readonly type: 'Ticked' }
);

export type AnswersCommand =
  | {
      readonly type: 'Ask';
      readonly lease: string;
      readonly question: string;
      readonly volunteer: string;
      /** At most. */
      readonly tokens: number;
    }
  | { readonly type: 'Deliver'; readonly question: string; readonly ids: readonly number[] }
  /** The volunteer need not go on. */
  | { readonly type: 'Hush'; readonly lease: string; readonly volunteer: string }
  /** The lease is over: credit is given, or the reason kept. */
  | {
      readonly type: 'Settle';
      readonly lease: string;
      readonly question: string;
      readonly run: string;
      readonly volunteer: string;
      readonly tokens: number;
      readonly credit: number;
      readonly code: ErrorCode | null;
      readonly detail: string;
    }
  /** The whole answer is delivered. */
  | { readonly type: 'Finish'; readonly question: string }
  /** No volunteer goes on with it: the coordinator does. */
  | { readonly type: 'FallBack'; readonly question: string };

export const initAnswers = (patience: Patience = PATIENCE): AnswersState => ({
  patience,
  volunteers: new Map(),
  grants: new Map(),
  shunned: new Map(),
  questions: new Map(),
  leases: new Map(),
});

/** Brings an event into the state, which it mutates, and says what to do. `plan`: the kind of work that answers are. */
export function stepAnswers(state: AnswersState, event: AnswersEvent, plan: BriefPlan): AnswersCommand[] {
  switch (event.type) {
    case 'Agreed':
      return agreed(state, event);
    case 'Gone':
      return gone(state, event.volunteer, event.at);
    case 'Asked': {
      const { question, run, holders, unfit, tokens, vocabulary } = event;
      state.questions.set(question, {
        run,
        holders,
        unfit,
        vocabulary,
        tokens,
        asked: [],
        askedOrigins: new Set(),
        lease: null,
      });
      return askNext(state, question, event.at);
    }
    case 'TokensCame':
      return tokensCame(state, event, plan);
    case 'Unanswered': {
      if (state.leases.get(event.lease)?.volunteer !== event.volunteer) return [];
      return fail(state, event.lease, event.code, event.detail, event.at);
    }
    case 'Left':
      return left(state, event.question);
    case 'Ticked':
      return [...state.leases].flatMap(([id, lease]) =>
        dueAt(state, lease) <= event.at ? fail(state, id, 'too_slow', slowness(lease), event.at) : [],
      );
  }
}

/** When to say `Ticked`; null when nothing is waited for. */
export function answersDueAt(state: AnswersState): number | null {
  const due = [...state.leases.values()].map((lease) => dueAt(state, lease));
  return due.length === 0 ? null : Math.min(...due);
}

const dueAt = ({ patience }: AnswersState, { grantedAt, heardAt }: AnswerLease): number =>
  Math.min(grantedAt + patience.wholeMs, heardAt === null ? grantedAt + patience.firstMs : heardAt + patience.gapMs);

const slowness = ({ received, tokens }: AnswerLease): string => `${received} of ${tokens} tokens came in time.`;

function agreed(
  state: AnswersState,
  { volunteer, on, origin, at }: Extract<AnswersEvent, { type: 'Agreed' }>,
): AnswersCommand[] {
  if (!on) return gone(state, volunteer, at);
  if (!state.volunteers.has(volunteer)) state.volunteers.set(volunteer, { lease: null, origin: origin ?? null });
  return [];
}

function gone(state: AnswersState, volunteer: string, at: number): AnswersCommand[] {
  const lease = state.volunteers.get(volunteer)?.lease ?? null;
  const commands = lease === null ? [] : fail(state, lease, 'answer_broken_off', 'The volunteer left.', at);
  state.volunteers.delete(volunteer);
  return commands;
}

function askNext(state: AnswersState, id: string, at: number): AnswersCommand[] {
  const question = state.questions.get(id)!;
  const volunteer = question.asked.length < MOST_ASKED ? choose(state, question, at) : null;
  if (volunteer === null) {
    state.questions.delete(id);
    return [{ type: 'FallBack', question: id }];
  }
  const answerer = state.volunteers.get(volunteer)!;
  question.asked.push(volunteer);
  if (answerer.origin !== null) question.askedOrigins.add(answerer.origin);
  const lease = `${id}.${question.asked.length}`;
  const { tokens } = question;
  question.lease = lease;
  state.leases.set(lease, { question: id, volunteer, tokens, grantedAt: at, heardAt: null, received: 0 });
  answerer.lease = lease;
  noteGrant(state, volunteer, at);
  return [{ type: 'Ask', lease, question: id, volunteer, tokens }];
}

function tokensCame(
  state: AnswersState,
  event: Extract<AnswersEvent, { type: 'TokensCame' }>,
  plan: BriefPlan,
): AnswersCommand[] {
  const { ids, end, at } = event;
  const lease = state.leases.get(event.lease);
  if (lease?.volunteer !== event.volunteer) return [];
  const question = state.questions.get(lease.question)!;
  const refusal = plan.admit(ids, question.vocabulary);
  if (refusal !== null) return fail(state, event.lease, 'bad_tokens', refusal, at);
  if (ids.length > question.tokens)
    return fail(state, event.lease, 'bad_tokens', `More than the ${lease.tokens} tokens that were asked for.`, at);

  if (ids.length > 0) lease.heardAt = at;
  lease.received += ids.length;
  question.tokens -= ids.length;
  const commands: AnswersCommand[] = ids.length > 0 ? [{ type: 'Deliver', question: lease.question, ids }] : [];
  if (plan.ends(ids) || question.tokens === 0) {
    state.questions.delete(lease.question);
    return [...commands, settle(state, event.lease, null, 'The answer was taken.', question.run), finish(lease)];
  }
  if (end) commands.push(...fail(state, event.lease, 'answer_broken_off', slowness(lease), at));
  return commands;
}

const finish = ({ question }: AnswerLease): AnswersCommand => ({ type: 'Finish', question });

/** Ends a lease, with credit for its tokens where no reason speaks against it. */
function settle(state: AnswersState, id: string, code: ErrorCode | null, detail: string, run: string): AnswersCommand {
  const { question, volunteer, received: tokens } = state.leases.get(id)!;
  state.leases.delete(id);
  const answerer = state.volunteers.get(volunteer);
  if (answerer) answerer.lease = null;
  // Whoever said nothing before the asker left has made nothing good.
  if (code === null && tokens > 0) makeGood(state, volunteer);
  return {
    type: 'Settle',
    lease: id,
    question,
    run,
    volunteer,
    tokens,
    credit: code === null ? tokens : 0,
    code,
    detail,
  };
}

/** Ends a lease without credit; another volunteer goes on with its answer, or nobody. */
function fail(state: AnswersState, id: string, code: ErrorCode, detail: string, at: number): AnswersCommand[] {
  const { question, volunteer } = state.leases.get(id)!;
  const { run } = state.questions.get(question)!;
  const commands: AnswersCommand[] = [settle(state, id, code, detail, run)];
  shun(state, volunteer, at);
  commands.push({ type: 'Hush', lease: id, volunteer });
  return [...commands, ...askNext(state, question, at)];
}

function left(state: AnswersState, id: string): AnswersCommand[] {
  const question = state.questions.get(id);
  if (!question) return [];
  state.questions.delete(id);
  const { lease } = question;
  if (lease === null) return [];
  const { volunteer } = state.leases.get(lease)!;
  return [settle(state, lease, null, 'The asker had enough.', question.run), { type: 'Hush', lease, volunteer }];
}
