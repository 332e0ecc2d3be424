import type { Json, WorkFold, WorkPlan } from '@pathfold/coordination/work-plan';
import { PathfoldError } from '@pathfold/protocol/errors';
import * as z from 'zod/mini';
import { runWhole } from '../whole-run.ts';
import { readTask, type WorkRun } from '../work-run.ts';

// task.ts: what a run is asked for, and what a lease asks for.
const Config = z.strictObject({ below: z._default(z.int().check(z.minimum(1)), 1000) });
const Task = z.strictObject({ from: z.int(), to: z.int() });
type Task = z.infer<typeof Task>;

// plan.ts: who gets what.
interface State {
  next: number;
  sum: number;
  lost: number[];
  readonly out: Record<string, number>;
}
const PART = 100;
const boundOf = (config: Json | undefined): number => Config.parse(config).below;

export const squaresPlan: WorkPlan<State> = {
  name: 'squares',
  studies: ['squares'],
  configure: (config) => Config.parse(config) as Json,
  init: () => ({ next: 0, sum: 0, lost: [], out: {} }),
  open: ({ lost, next }, { study }) => (lost.length > 0 || next < boundOf(study?.config) ? () => true : null),

  offer({ lost, next }, { study }) {
    const from = lost[0] ?? next;
    const to = Math.min(boundOf(study?.config), from + PART);
    if (from >= to) return null;
    const amount = { steps: to - from, tokens: to - from, flops: 2 * (to - from), maxPayloadBytes: 100 };
    const times = { durationMs: 60_000, expectedMs: 1000 };
    return { key: `from ${from}`, body: { from, to }, ...amount, ...times, priority: 0, path: null };
  },

  settle(state, _run, outcome) {
    if (outcome.type === 'granted') {
      const { from, to } = outcome.task.body as Task;
      state.out[outcome.lease] = from;
      if (state.lost[0] === from) state.lost.shift();
      else state.next = to;
    } else if (outcome.type === 'ended') {
      state.lost.push(state.out[outcome.lease]!);
      delete state.out[outcome.lease];
    } else if (outcome.type === 'accepted') {
      state.sum += outcome.contribution.figures['sum']!;
      delete state.out[outcome.contribution.lease];
    }
  },

  plan({ next, lost, out }, { study }) {
    const done = next >= boundOf(study?.config) && lost.length === 0 && Object.keys(out).length === 0;
    return { folds: [], revoke: [], wakeAt: null, done };
  },

  admit: (_state, _run, { report }) => (report.steps > 0 ? null : 'bad_steps'),
  summary: ({ next }) => ({ round: Math.floor(next / PART) }),
};

// run.ts: the volunteer's half. It yields between units, so that it can be paused and stopped.
function* squares({ from, to }: Task): Generator<void, Uint8Array> {
  let sum = 0;
  for (let n = from; n < to; n++) {
    sum += n * n;
    yield;
  }
  return new TextEncoder().encode(String(sum));
}

export const squaresRun: WorkRun = {
  name: 'squares',
  async execute(body, ports) {
    const task = readTask(Task, body);
    return runWhole(squares(task), { steps: task.to - task.from, tokens: task.to - task.from }, ports);
  },
};

// fold.ts: the guard. This kind needs no fold: its plan adds up what the guard measured.
export const squaresFold: WorkFold = {
  name: 'squares',
  check(_body, payload) {
    const sum = Number(new TextDecoder().decode(payload));
    if (!Number.isSafeInteger(sum)) throw new PathfoldError('bad_payload', 'the contribution is not a whole number');
    return { sum };
  },
  fold: () => Promise.reject(new Error('squares are never folded')),
};
