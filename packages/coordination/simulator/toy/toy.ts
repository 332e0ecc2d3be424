import { sinceRollback } from '../../run-round.ts';
import type { Fold, WorkPlan } from '../../work-plan.ts';
import type { SimulatedKind } from '../kind.ts';

/** Numbers are handed out, each to one volunteer at a time, and what comes back is added up in threes. */
export interface ToyState {
  next: number;
  readonly out: Record<string, number>;
  lost: number[];
  back: { lease: string; number: number }[];
  folding: boolean;
  sums: number;
}

/** A run of toy work is done after so many numbers. */
export const TOY_NUMBERS = 900;
const SUMMANDS = 3;

const isExhausted = (state: ToyState): boolean => state.lost.length === 0 && state.next >= TOY_NUMBERS;

export const toyPlan: WorkPlan<ToyState> = {
  name: 'toy',
  init: () => ({ next: 0, out: {}, lost: [], back: [], folding: false, sums: 0 }),
  open: (state) => (isExhausted(state) ? null : () => true),

  offer(state) {
    const number = state.lost[0] ?? state.next;
    if (number >= TOY_NUMBERS) return null;
    return {
      key: `number ${number}`,
      body: { number },
      steps: 10,
      tokens: 1000,
      durationMs: 30_000,
      expectedMs: 5000,
      priority: 0,
      maxPayloadBytes: 100,
      path: null,
    };
  },

  settle(state, _run, outcome) {
    switch (outcome.type) {
      case 'granted': {
        const { number } = outcome.task.body as { number: number };
        state.out[outcome.lease] = number;
        if (state.lost.includes(number)) state.lost = state.lost.filter((other) => other !== number);
        else state.next = number + 1;
        break;
      }
      case 'ended':
        state.lost.push(state.out[outcome.lease]!);
        delete state.out[outcome.lease];
        break;
      case 'accepted': {
        const { lease } = outcome.contribution;
        state.back.push({ lease, number: state.out[lease]! });
        delete state.out[lease];
        break;
      }
      case 'begun':
        state.folding = true;
        break;
      case 'folded':
        state.folding = false;
        state.back.splice(0, SUMMANDS);
        state.sums++;
        break;
      case 'rolledBack':
        state.lost.push(...state.back.map(({ number }) => number));
        Object.assign(state, { back: [], folding: false });
        break;
    }
  },

  plan(state, run) {
    const folds: Fold[] = [];
    if (!state.folding && state.back.length >= SUMMANDS) {
      const contributions = state.back.slice(0, SUMMANDS).map(({ lease }) => lease);
      folds.push({ key: `sum ${state.sums}${sinceRollback(run)}`, input: null, contributions });
    }
    const done = isExhausted(state) && Object.keys(state.out).length === 0 && !state.folding;
    return { folds, revoke: [], wakeAt: null, done: done && folds.length === 0 };
  },

  admit: (_state, _run, { report }) => (report.steps >= 1 && report.steps <= 10 ? null : 'bad_steps'),
  pages: { summary: (state) => ({ round: state.sums }) },
};

export const simulatedToy: SimulatedKind = {
  plan: toyPlan,
  watch: () => ({ see: () => null, look: () => null }),
  fold: () => ({ modules: [], figures: null, result: null }),
};
