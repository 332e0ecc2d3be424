import type { RunSpecInput } from '@pathfold/protocol/run-spec';
import { STARTER } from './corpora/corpora.ts';

/**
 * The run that a fresh coordinator begins with. Outer momentum 0.5: with one or two volunteers, as at a start, the
 * papers' 0.9 is worse than plain averaging (docs/decisions/0009).
 */
export const STARTER_RUN: RunSpecInput = {
  name: 'starter',
  corpus: STARTER,
  model: { width: 128, blocks: 4, heads: 4, context: 128, vocabulary: 1024 },
  inner: { steps: 40, batch: 8, learningRate: 3e-3 },
  outer: { kind: 'nesterov', learningRate: 0.7, momentum: 0.5 },
  replicas: 4,
  evaluateEvery: 10,
};
