import { PathfoldError } from '@pathfold/protocol/errors';
import * as z from 'zod/mini';
import type { ExactPart } from '../stages/exact-part.ts';
import { stagedFold } from '../stages/fold-staged.ts';
import { stagedPlan } from '../stages/plan-staged.ts';
import { stagedRun } from '../stages/run-staged.ts';

// task.ts: what a run is asked for, what a lease asks for, and what that costs.
const whole = (standard: number) => z._default(z.int().check(z.minimum(1)), standard);
const Config = z.strictObject({ below: whole(1000), auditEvery: whole(8) });
const Task = z.strictObject({ from: z.int(), to: z.int() });
type Task = z.infer<typeof Task>;
const PART = 100;
const amountOf = ({ from, to }: Task) => ({
  steps: to - from,
  examples: to - from,
  flops: 2 * (to - from),
  payloadBytes: 100,
});

// plan.ts: one chain of one stage, whose parts are sums of a hundred squares.
export const squaresPlan = stagedPlan<z.infer<typeof Config>, { seed: number; sum: number }, Task>({
  ...{ name: 'squares', study: 'squares', Config, amountOf, flopsPerSecond: 1e6 },
  chains: () => [{ seed: 0, sum: 0 }],
  stage({ below }, { round }) {
    if (round > 0) return null;
    const starts = Array.from({ length: Math.ceil(below / PART) }, (_, i) => i * PART);
    return starts.map((from) => ({ from, to: Math.min(below, from + PART) }));
  },
  keyOf: (_config, _chain, { from }) => `from ${from}`,
  bodyOf: (_config, _chain, part) => part,
  take(_config, chain, _unit, { figures }) {
    chain.sum += figures['sum']!;
    return [];
  },
  progress: (_config, { round }) => round,
  round: ([chain]) => chain!.round,
  charts: () => [],
});

// exact.ts: the computation. It yields between numbers, so that it can be paused and stopped.
const squares: ExactPart<Task> = {
  ...{ name: 'squares', Task, amountOf, blobsOf: () => [] },
  *work({ from, to }) {
    let sum = 0;
    for (let n = from; n < to; n++, yield) sum += n * n;
    return new TextEncoder().encode(String(sum));
  },
};

// run.ts and fold.ts: the volunteer's half, and the guard.
export const squaresRun = stagedRun(squares);
export const squaresFold = stagedFold(squares, {
  figures(_task, payload) {
    const sum = Number(new TextDecoder().decode(payload));
    if (!Number.isSafeInteger(sum)) throw new PathfoldError('bad_payload', 'the contribution is not a whole number');
    return { sum };
  },
});
