import { adamwRates, coldMoments } from '@pathfold/optim/inner/adamw';
import type { Executor } from '@pathfold/tensors/executors/executor';
import { type Clock, systemClock } from './clock.ts';
import { initPath, parameterCount, pathShape } from './path.ts';
import { setTraining, trainingPlan } from './plans.ts';

const path = pathShape(
  { width: 64, blocks: 2, heads: 2, context: 64, vocabulary: 512, tied: true },
  [{ experts: 1, blocks: 2 }],
  '0',
);
const BATCH = 4;
const ENOUGH_MS = 800;
const MOST_STEPS = 40;

/** Tokens a second of training a small fixed net, measured for about a second after one step to warm up. */
export const measureSpeed = async (executor: Executor, clock: Clock = systemClock): Promise<number> => {
  const program = executor.compile(trainingPlan(path, BATCH, { weightDecay: 0.1, clipNorm: 1 }));
  try {
    setTraining(program, { theta: initPath(path, 1), ...coldMoments(parameterCount(path)) });
    const tokens = Int32Array.from({ length: BATCH * path.model.context }, (_, i) => (i * 37) % path.model.vocabulary);
    const step = (n: number) => program.run({ tokens, targets: tokens, rates: adamwRates(1e-3, n) });
    await step(0);
    const started = clock.now();
    let steps = 0;
    while (steps < MOST_STEPS && clock.now() - started < ENOUGH_MS) {
      await step(++steps);
      await clock.sleep(0);
    }
    return (1000 * steps * tokens.length) / (clock.now() - started);
  } finally {
    program.dispose();
  }
};
