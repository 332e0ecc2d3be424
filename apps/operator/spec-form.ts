import { RunSpec, type RunSpecInput } from '@pathfold/protocol/run-spec';

/** The form's values by dotted path of the run spec, as typed. An empty value means the default. */
export type Draft = Readonly<Record<string, string>>;

interface FieldSpec {
  readonly path: string;
  readonly label: string;
  readonly hint?: string;
}

export interface FieldGroup {
  readonly title: string;
  readonly fields: readonly FieldSpec[];
}

const TEXT_PATHS = new Set(['name', 'corpus', 'licence', 'visibility', 'outer.kind']);

/** The numbers of a run spec, in the order in which a person thinks of them. */
export const NUMBER_GROUPS: readonly FieldGroup[] = [
  {
    title: 'Model',
    fields: [
      { path: 'model.width', label: 'Width' },
      { path: 'model.blocks', label: 'Blocks' },
      { path: 'model.heads', label: 'Attention heads', hint: 'Twice the heads must divide the width.' },
      { path: 'model.context', label: 'Context', hint: 'tokens' },
      { path: 'model.vocabulary', label: 'Vocabulary', hint: 'tokens' },
    ],
  },
  {
    title: 'Inner steps, on each volunteer',
    fields: [
      { path: 'inner.steps', label: 'Steps a round', hint: 'H of the paper' },
      { path: 'inner.batch', label: 'Batch', hint: 'sequences a step' },
      { path: 'inner.learningRate', label: 'Learning rate' },
      { path: 'inner.warmupSteps', label: 'Warm-up steps' },
      { path: 'inner.weightDecay', label: 'Weight decay' },
      { path: 'inner.clipNorm', label: 'Clip norm' },
    ],
  },
  {
    title: 'Outer step, on the coordinator',
    fields: [
      { path: 'outer.learningRate', label: 'Learning rate' },
      { path: 'outer.momentum', label: 'Momentum' },
    ],
  },
  {
    title: 'Rounds',
    fields: [
      { path: 'replicas', label: 'Replicas', hint: 'volunteers on one path' },
      { path: 'quorum', label: 'Quorum', hint: 'contributions that end a late round' },
      { path: 'roundDeadlineMs', label: 'Deadline of a round', hint: 'milliseconds' },
      { path: 'evaluateEvery', label: 'Rounds between scores' },
      { path: 'totalSteps', label: 'Steps in all', hint: 'inner steps along a path' },
      { path: 'seed', label: 'Seed' },
    ],
  },
];

/** Shapes to begin from. They change the model and the round; the rest stays as typed. */
export const PRESETS: readonly { readonly name: string; readonly hint: string; readonly values: Draft }[] = [
  {
    name: 'Small',
    hint: 'rounds of seconds on a laptop',
    values: {
      'model.width': '96',
      'model.blocks': '3',
      'model.heads': '3',
      'model.context': '64',
      'model.vocabulary': '1024',
      'inner.steps': '40',
      'inner.batch': '8',
    },
  },
  {
    name: 'Medium',
    hint: 'the reference model',
    values: {
      'model.width': '128',
      'model.blocks': '4',
      'model.heads': '4',
      'model.context': '128',
      'model.vocabulary': '1024',
      'inner.steps': '50',
      'inner.batch': '8',
    },
  },
  {
    name: 'Large',
    hint: 'for volunteers with a GPU',
    values: {
      'model.width': '384',
      'model.blocks': '8',
      'model.heads': '6',
      'model.context': '256',
      'model.vocabulary': '4096',
      'inner.steps': '100',
      'inner.batch': '16',
    },
  },
];

/** Every default of the schema, as a draft. */
export function defaultDraft(corpus: string): Draft {
  const draft: Record<string, string> = {};
  const walk = (value: unknown, path: string): void => {
    if (typeof value === 'object' && value !== null)
      for (const [key, inner] of Object.entries(value)) walk(inner, path ? `${path}.${key}` : key);
    else if (typeof value === 'string' || typeof value === 'number') draft[path] = String(value);
  };
  walk(RunSpec.parse({ corpus }), '');
  return draft;
}

/** The run spec that a draft asks for. What is no number stays text, for the schema to refuse. */
export function specOf(draft: Draft): RunSpecInput {
  const spec: Record<string, unknown> = {};
  for (const [path, typed] of Object.entries(draft)) {
    const text = typed.trim();
    if (text === '') continue;
    const number = Number(text);
    const value = TEXT_PATHS.has(path) || Number.isNaN(number) ? text : number;
    const [group, key] = path.split('.');
    if (group === undefined) continue;
    if (key === undefined) spec[group] = value;
    else spec[group] = { ...(spec[group] as object), [key]: value };
  }
  return spec as unknown as RunSpecInput;
}
