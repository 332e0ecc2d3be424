import { ModuleRef, type VersionRef } from '@pathfold/protocol/blob';
import type { Down } from '@pathfold/protocol/down';
import type { Up } from '@pathfold/protocol/up';
import * as z from 'zod/mini';
import type { VolunteerPorts } from '../ports.ts';
import { problemOf } from '../problem.ts';
import type { AnsweringSnapshot } from '../snapshot.ts';
import type { AnswersWorker } from './messages.ts';

type Ask = Extract<Down, { type: 'ask' }>;

/** The fields that every kind's task has here. The worker reads the whole task. */
const Task = z.object({
  path: z.string().check(z.maxLength(80)),
  modules: z.array(ModuleRef).check(z.maxLength(64)),
});

/** Answering prompts of strangers: beside the work in hand, in a worker of its own. */
export function createAnswering(
  openAnswers: VolunteerPorts['openAnswers'],
  fetchBlob: (ref: VersionRef, signal: AbortSignal) => Promise<Uint8Array>,
  send: (message: Up) => void,
  changed: () => void,
) {
  let told = false;
  let welcomed = false;
  let worker: AnswersWorker | null = null;
  let now: { readonly lease: string; readonly run: string; readonly path: string; tokens: number } | null = null;
  let fetching: AbortController | null = null;
  let answers = 0;

  const over = (lease: string) => {
    if (now?.lease !== lease) return false;
    now = null;
    fetching = null;
    changed();
    return true;
  };
  const fail = (lease: string, code: string, detail: string) => {
    if (over(lease)) send({ type: 'unanswered', lease, code, detail: detail.slice(0, 400) });
  };

  function start(): AnswersWorker | null {
    if (worker) return worker;
    const mine = openAnswers?.() ?? null;
    worker = mine;
    mine?.listen((message) => {
      if (worker !== mine) return;
      if (message.type === 'failed') return fail(message.lease, 'worker_crashed', message.detail);
      if (now?.lease !== message.lease) return;
      const { lease, ids, end } = message;
      now.tokens += ids.length;
      send({ type: 'tokens', lease, ids: [...ids], end });
      if (end) {
        answers += 1;
        over(lease);
      } else changed();
    });
    mine?.onCrash((detail) => {
      if (worker !== mine) return;
      worker = null;
      if (now) fail(now.lease, 'worker_crashed', detail);
    });
    return mine;
  }

  async function answer({ lease, run, body, continuation }: Ask): Promise<void> {
    const task = Task.safeParse(body).data;
    const target = told && !now && task ? start() : null;
    if (!task || !target) {
      send({ type: 'unanswered', lease, code: 'user', detail: 'Prompts are not answered here now.' });
      return;
    }
    now = { lease, run, path: task.path, tokens: 0 };
    const control = new AbortController();
    fetching = control;
    changed();
    try {
      const modules = await Promise.all(task.modules.map((ref) => fetchBlob(ref, control.signal)));
      if (now?.lease === lease) target.post({ type: 'ask', lease, body, modules, continuation });
    } catch (error) {
      const { code, detail } = problemOf(error);
      fail(lease, code, detail);
    }
  }

  function stop(lease: string): void {
    fetching?.abort();
    worker?.post({ type: 'hush', lease });
    over(lease);
  }

  return {
    get snapshot(): Omit<AnsweringSnapshot, 'on'> {
      return { now: now && { run: now.run, path: now.path, tokens: now.tokens }, answers };
    },
    /** Says whether prompts are answered here: all that come, the last one to its end, or none. */
    tend(which: 'all' | 'last' | 'none'): void {
      const takesPart = which === 'all' || (which === 'last' && now !== null);
      const wanted = takesPart && openAnswers !== null;
      if (!wanted && worker) {
        const ended = worker;
        worker = null;
        ended.terminate();
        fetching?.abort();
        if (now) over(now.lease);
      }
      if (wanted === told || !welcomed) return;
      told = wanted;
      send({ type: 'answering', on: wanted });
      // Whoever asks waits only so long for the first token: the worker is there before.
      if (wanted) start();
    },
    hear(message: Down): void {
      switch (message.type) {
        case 'challenge':
          welcomed = false;
          told = false;
          if (now) stop(now.lease);
          return;
        case 'welcome':
          welcomed = true;
          return;
        case 'ask':
          void answer(message);
          return;
        case 'hush':
          if (now?.lease === message.lease) stop(message.lease);
      }
    },
  };
}
