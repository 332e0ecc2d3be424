import { WhatAndHowConfig } from '@pathfold/works/what-and-how/task';

/** The inference rates of `adapt` and `maml` are the best of 0.003, 0.01 and 0.03 on another stream (seed 101, 12,000 batches). */
const ARMS = {
  context: { about: 'gates inferred from the last batch (MetaCoG), Adam', arm: { method: 'context' } },
  'context-bgd': {
    about: 'the same, Bayesian gradient descent',
    arm: { method: 'context', optimizer: 'bgd', learningRate: 1 },
  },
  network: {
    about: 'the same with Adam, 4 volunteers on segments of their own, averaged every 100 batches',
    arm: { method: 'context', streams: 4 },
  },
  oracle: { about: 'gates of the task that it is told, Adam', arm: { method: 'oracle' } },
  plain: { about: 'no context, Adam', arm: { method: 'plain' } },
  'plain-6': { about: 'no context, Adam, 6 steps a batch', arm: { method: 'plain', weightSteps: 6 } },
  'plain-bgd': {
    about: 'no context, Bayesian gradient descent',
    arm: { method: 'plain', optimizer: 'bgd', learningRate: 1 },
  },
  adapt: { about: 'no context, weights adapted to the last batch', arm: { method: 'adapt', inferenceRate: 0.003 } },
  maml: {
    about: 'adapted weights in place of a context (first-order MAML)',
    arm: { method: 'maml', inferenceRate: 0.01 },
  },
} as const;

export type ArmName = keyof typeof ARMS;

/** Without context and without being told. */
export const CONTEXT_FREE = ['plain', 'plain-6', 'plain-bgd', 'adapt'] as const satisfies readonly ArmName[];

/** The arms of one size, each as the run that computes it. */
export function settings(quick: boolean): Record<ArmName, { about: string; config: WhatAndHowConfig }> {
  const batches = quick ? 2000 : 12_000;
  const entries = Object.entries(ARMS).map(([name, { about, arm }]) => {
    const config = WhatAndHowConfig.parse({ arms: [{ name, ...arm }], batches });
    return [name, { about, config }];
  });
  return Object.fromEntries(entries);
}
