interface FieldSpec {
  readonly path: string;
  readonly label: string;
  readonly hint?: string;
}

export interface FieldGroup {
  readonly id: 'model' | 'routing' | 'inner' | 'outer' | 'rounds' | 'arrivals';
  readonly title: string;
  readonly fields: readonly FieldSpec[];
  /** Paths of what is chosen there from a list. */
  readonly choices?: readonly string[];
}

/** The numbers of a run spec, in the order in which a person thinks of them. */
export const NUMBER_GROUPS: readonly FieldGroup[] = [
  {
    id: 'model',
    title: 'Model',
    fields: [
      { path: 'model.width', label: 'Width' },
      { path: 'model.blocks', label: 'Blocks', hint: 'of one path' },
      { path: 'model.heads', label: 'Attention heads', hint: 'Twice the heads must divide the width.' },
      { path: 'model.context', label: 'Context', hint: 'tokens' },
      { path: 'model.vocabulary', label: 'Vocabulary', hint: 'tokens' },
    ],
  },
  {
    id: 'routing',
    title: 'Routing, which path a text goes to',
    fields: [
      { path: 'routing.prefixBytes', label: 'Prefix', hint: 'bytes that decide, and are not scored' },
      { path: 'routing.overlap', label: 'Overlap', hint: 'shards that a text goes to' },
      { path: 'routing.rounds', label: 'Re-shardings', hint: 'discriminative, during the run' },
    ],
  },
  {
    id: 'inner',
    title: 'Inner steps, on each volunteer',
    fields: [
      { path: 'inner.steps', label: 'Steps a round', hint: 'H of the paper; of gradients, batches in one' },
      { path: 'inner.batch', label: 'Batch', hint: 'sequences a step' },
      { path: 'inner.learningRate', label: 'Learning rate' },
      { path: 'inner.warmupSteps', label: 'Warm-up steps' },
      { path: 'inner.weightDecay', label: 'Weight decay' },
      { path: 'inner.clipNorm', label: 'Clip norm' },
    ],
  },
  {
    id: 'outer',
    title: 'Outer step, on the coordinator',
    choices: ['exchange', 'outer.kind', 'outer.average', 'fold.rule'],
    fields: [
      { path: 'outer.learningRate', label: 'Learning rate' },
      { path: 'outer.momentum', label: 'Momentum' },
    ],
  },
  {
    id: 'rounds',
    title: 'Rounds',
    fields: [
      { path: 'replicas', label: 'Replicas', hint: 'volunteers on one path, in rounds' },
      { path: 'quorum', label: 'Quorum', hint: 'contributions that end a late round' },
      { path: 'roundDeadlineMs', label: 'Deadline of a round', hint: 'milliseconds' },
      { path: 'evaluateEvery', label: 'Rounds between scores' },
      { path: 'earlyStopping.patience', label: 'Early stopping', hint: 'scores of a path without gain; empty: never' },
      { path: 'totalSteps', label: 'Steps in all', hint: 'inner steps along a path' },
      { path: 'seed', label: 'Seed' },
    ],
  },
  {
    id: 'arrivals',
    title: 'Arrivals, in asynchronous modes',
    choices: ['mode'],
    fields: [
      { path: 'async.grace', label: 'Grace period', hint: 'parts of the expected time of a task' },
      { path: 'async.quorum', label: 'Arrivals a fold', hint: 'at least' },
      { path: 'async.momentumSpread', label: 'Momentum at arrivals', hint: 'part from 0 to 1' },
      { path: 'async.leastSteps', label: 'Fewest steps', hint: 'for the slowest volunteer' },
      { path: 'async.mostStaleness', label: 'Most staleness', hint: 'versions, of work that comes late' },
      { path: 'async.stalenessPower', label: 'Staleness power', hint: '0: old work counts in full' },
    ],
  },
];

/** Paths whose errors are shown in a group. */
export const pathsOf = ({ fields, choices = [] }: FieldGroup): string[] => [
  ...choices,
  ...fields.map(({ path }) => path),
];
