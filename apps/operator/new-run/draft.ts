import { RunSpec, type RunSpecInput } from '@pathfold/protocol/run-spec';

/** The form's values by dotted path of the run spec, as typed. An empty value means the default. */
export type Draft = Readonly<Record<string, string>>;

const TEXT_PATHS = new Set([
  ...['name', 'corpus', 'licence', 'visibility', 'mode', 'exchange', 'embedding'],
  ...['routing.kind', 'outer.kind', 'outer.average', 'fold.rule'],
]);

/** Every default of the schema, as a draft; the paths and their base have words of their own. */
export function defaultDraft(corpus: string): Draft {
  const draft: Record<string, string> = {
    'levels.experts': '1',
    'levels.blocks': '',
    'base.kind': 'none',
    'base.steps': '2000',
    'base.run': '',
    'earlyStopping.patience': '',
    'fold.rule': 'mean',
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
  // A text that is no number is refused at its own field.
  const inAll = Number(draft['model.blocks']?.trim() || DEFAULT_BLOCKS);
  const blocks = typed.length > 0 ? typed : spread(Number.isNaN(inAll) ? DEFAULT_BLOCKS : inAll, experts.length);
  return Array.from({ length: Math.max(experts.length, blocks.length) }, (_, level) => ({
    experts: experts[level],
    blocks: blocks[level],
  }));
}

function baseOfDraft(draft: Draft): unknown {
  if (draft['base.kind'] === 'steps') return { steps: numberOr(draft['base.steps']?.trim() ?? '') };
  if (draft['base.kind'] === 'packaged') return { packaged: 'starter' };
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
    // A spec without a rule has this one.
    if (path === 'fold.rule' && text === 'mean') continue;
    const value = TEXT_PATHS.has(path) ? text : numberOr(text);
    if (key === undefined) spec[group] = value;
    else spec[group] = { ...(spec[group] as object), [key]: value };
  }
  return spec as unknown as RunSpecInput;
}

const DEFAULTS = defaultDraft('');

/** Steps that fit what volunteers send: a step of gradients is a round of its own, and scoring reads as much text as many of them. */
export const stepsOf = (exchange: string): Draft =>
  exchange === 'gradients'
    ? { 'inner.steps': '1', evaluateEvery: '250' }
    : { 'inner.steps': DEFAULTS['inner.steps']!, evaluateEvery: DEFAULTS['evaluateEvery']! };
