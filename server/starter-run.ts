import type { RunSpecInput } from '@pathfold/protocol/run-spec';
import { STARTER } from './corpora/corpora.ts';

/** The run that a fresh coordinator begins with. */
export const STARTER_RUN: RunSpecInput = {
  name: 'starter',
  corpus: STARTER,
  model: { width: 96, blocks: 3, heads: 3, context: 64, vocabulary: 1024 },
  inner: { steps: 40, batch: 8, learningRate: 3e-3 },
  outer: { kind: 'nesterov', learningRate: 0.7, momentum: 0.9 },
  replicas: 2,
};
