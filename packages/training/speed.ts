import { pathShape } from '@pathfold/checkpoint/path';
import { initPath } from '@pathfold/checkpoint/sources/seed';
import type { Executor } from '@pathfold/tensors/executors/executor';
import { type Clock, systemClock } from './clock.ts';
import { round } from './round.ts';

const path = pathShape(
  { width: 64, blocks: 2, heads: 2, context: 64, vocabulary: 512, tied: true },
  [{ experts: 1, blocks: 2 }],
  '0',
);
const MOST_STEPS = 400;
const schedule = { learningRate: 1e-3, warmupSteps: 1, totalSteps: MOST_STEPS };
const inner = { ...schedule, batch: 4, weightDecay: 0.1, clipNorm: 1 };
const ENOUGH_MS = 1000;

/** Tokens a second of a round on a small fixed net, for about a second after the first wait for the device. */
export const measureSpeed = async (executor: Executor, clock: Clock = systemClock): Promise<number> => {
  const tokens = Int32Array.from({ length: inner.batch * path.model.context }, (_, i) => (i * 37) % 512);
  const enough = new AbortController();
  const waits: { readonly steps: number; readonly at: number }[] = [];
  await round({
    ...{ executor, path, inner, clock, signal: enough.signal },
    ...{ theta: initPath(path, 1), moments: null, globalStep: 0, steps: MOST_STEPS },
    batches: () => ({ tokens, targets: tokens }),
    onProgress({ steps }) {
      waits.push({ steps, at: clock.now() });
      if (clock.now() - waits[0]!.at >= ENOUGH_MS) enough.abort();
    },
  });
  const [first, last] = [waits[0]!, waits.at(-1)!];
  return (1000 * (last.steps - first.steps) * tokens.length) / (last.at - first.at);
};
