import { packagedShape } from '@pathfold/checkpoint/packaged-base';
import type { RunSpecInput } from '@pathfold/protocol/run-spec';
import { STARTER } from './corpora/corpora.ts';

const BASE = 'starter';

/**
 * The run that a fresh coordinator begins with: four paths, copies of the packaged base, which answers until they have
 * learned more (docs/decisions/0036). Outer momentum 0.5: with one or two volunteers, as at a start, the papers' 0.9 is
 * worse than plain averaging (docs/decisions/0009).
 */
export const STARTER_RUN: RunSpecInput = {
  name: 'starter',
  corpus: STARTER,
  model: packagedShape(BASE),
  levels: [
    { experts: 2, blocks: 2 },
    { experts: 2, blocks: 2 },
  ],
  base: { packaged: BASE },
  inner: { steps: 40, batch: 8, learningRate: 3e-4 },
  outer: { kind: 'nesterov', learningRate: 0.7, momentum: 0.5 },
  replicas: 4,
  evaluateEvery: 4,
};
