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
  /** Paths of what is chosen there from a list. */
  readonly choices?: readonly string[];
}

const TEXT_PATHS = new Set([
  ...['name', 'corpus', 'licence', 'visibility', 'mode', 'exchange', 'embedding'],
  ...['routing.kind', 'outer.kind', 'outer.average'],
]);

/** The numbers of a run spec, in the order in which a person thinks of them. */
export const NUMBER_GROUPS: readonly FieldGroup[] = [
  {
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
    title: 'Routing, which path a text goes to',
    fields: [
      { path: 'routing.prefixBytes', label: 'Prefix', hint: 'bytes that decide, and are not scored' },
      { path: 'routing.overlap', label: 'Overlap', hint: 'shards that a text goes to' },
      { path: 'routing.rounds', label: 'Re-shardings', hint: 'discriminative, during the run' },
    ],
  },
  {
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
    title: 'Outer step, on the coordinator',
    choices: ['exchange', 'outer.kind', 'outer.average'],
    fields: [
      { path: 'outer.learningRate', label: 'Learning rate' },
      { path: 'outer.momentum', label: 'Momentum' },
    ],
  },
  {
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

/** Every default of the schema, as a draft; the paths and their base have words of their own. */
export function defaultDraft(corpus: string): Draft {
  const draft: Record<string, string> = {
    'levels.experts': '1',
    'levels.blocks': '',
    'base.kind': 'none',
    'base.steps': '2000',
    'base.run': '',
    'earlyStopping.patience': '',
  };
  const walk = (value: unknown, path: string): void => {
    if (typeof value === 'object' && value !== null)
      for (const [key, inner] of Object.entries(value)) walk(inner, path ? `${path}.${key}` : key);
    else if (typeof value === 'string' || typeof value === 'number') draft[path] = String(value);
  };
  // There may be no corpus yet, which the schema refuses.
  walk(RunSpec.parse({ corpus: 'any' }), '');
  return { ...draft, corpus };
}

const DEFAULT_BLOCKS = RunSpec.parse({ corpus: 'any' }).model.blocks;

const numberOr = (text: string): number | string => (Number.isNaN(Number(text)) ? text : Number(text));

const partsOf = (text: string): string[] =>
  text
    .toLowerCase()
    .split(/[\s,;x×+]+/)
    .filter(Boolean);

/** `blocks` spread over `levels` as evenly as they go, the first levels taking one more. */
const spread = (blocks: number, levels: number): number[] =>
  Array.from({ length: levels }, (_, level) => Math.floor(blocks / levels) + (level < blocks % levels ? 1 : 0));

/** Levels as typed: `2 x path x 2` experts, and `1 + 2 + 1` blocks, or none for an even spread. */
function levelsOfDraft(draft: Draft): unknown {
  const experts = partsOf(draft['levels.experts'] ?? '').map((text) => (text === 'path' ? text : numberOr(text)));
  const typed = partsOf(draft['levels.blocks'] ?? '').map(numberOr);
  if (experts.length === 0 || (experts.length === 1 && experts[0] === 1 && typed.length === 0)) return undefined;
  // What is no number is refused at its own field.
  const inAll = Number(draft['model.blocks']?.trim() || DEFAULT_BLOCKS);
  const blocks = typed.length > 0 ? typed : spread(Number.isNaN(inAll) ? DEFAULT_BLOCKS : inAll, experts.length);
  return Array.from({ length: Math.max(experts.length, blocks.length) }, (_, level) => ({
    experts: experts[level],
    blocks: blocks[level],
  }));
}

function baseOfDraft(draft: Draft): unknown {
  if (draft['base.kind'] === 'steps') return { steps: numberOr(draft['base.steps']?.trim() ?? '') };
  return draft['base.kind'] === 'run' ? { run: draft['base.run'] } : null;
}

/** The run spec that a draft asks for. What is no number stays text, for the schema to refuse. */
export function specOf(draft: Draft): RunSpecInput {
  const levels = levelsOfDraft(draft);
  const spec: Record<string, unknown> = { base: baseOfDraft(draft), ...(levels === undefined ? {} : { levels }) };
  for (const [path, typed] of Object.entries(draft)) {
    const text = typed.trim();
    const [group, key] = path.split('.');
    if (text === '' || group === undefined || group === 'levels' || group === 'base') continue;
    // Not part of such a run, nor of its form.
    if (group === 'outer' && draft['exchange'] === 'gradients') continue;
    const value = TEXT_PATHS.has(path) ? text : numberOr(text);
    if (key === undefined) spec[group] = value;
    else spec[group] = { ...(spec[group] as object), [key]: value };
  }
  return spec as unknown as RunSpecInput;
}
