import { PathfoldError } from '@pathfold/protocol/errors';
import { RunSpec, type RunSpecInput } from '@pathfold/protocol/run-spec';

/** Sentences by path of the form's fields; `''` holds what belongs to no field. */
export type SpecErrors = Readonly<Record<string, string>>;

type Issue = NonNullable<ReturnType<typeof RunSpec.safeParse>['error']>['issues'][number];

function sentenceOfIssue(issue: Issue): string {
  switch (issue.code) {
    case 'too_small':
      if (issue.origin === 'string') return 'This may not be empty.';
      return issue.inclusive === false ? `More than ${issue.minimum}.` : `At least ${issue.minimum}.`;
    case 'too_big':
      if (issue.origin === 'array') return `At most ${issue.maximum} of them.`;
      if (issue.origin === 'string') return `At most ${issue.maximum} characters.`;
      return issue.inclusive === false ? `Less than ${issue.maximum}.` : `At most ${issue.maximum}.`;
    case 'not_multiple_of':
      return `A multiple of ${issue.divisor}.`;
    case 'invalid_type':
      return issue.expected === 'int'
        ? 'A whole number.'
        : issue.expected === 'number'
          ? 'A number.'
          : 'Something is missing.';
    case 'custom':
      return `${issue.message.charAt(0).toUpperCase()}${issue.message.slice(1)}.`;
    default:
      return NOT_ALLOWED;
  }
}

const NOT_ALLOWED = 'This value is not allowed.';

/** Fields that stand for more than one value of the spec, and what is allowed there. */
const FIELDS: readonly (readonly [path: RegExp, field: string, allowed: string])[] = [
  [/^levels\.\d+\.experts$/, 'levels.experts', 'For each level a number from 1 to 64, or “path”.'],
  [/^levels\.\d+\.blocks$/, 'levels.blocks', 'For each level a whole number of at least 1.'],
  [/^base\.steps$/, 'base.steps', 'A whole number of at least 1.'],
  [/^base\.run$/, 'base.run', 'Choose a run.'],
];

const BASE_WANTED =
  'This routing reads features of a base: train one first, begin from a run or from the packaged base, or route at random.';

/** The field where a problem of the spec is shown, and its sentence. */
function placed({ base }: RunSpecInput, path: string, sentence: string): [field: string, sentence: string] {
  if (path === 'levels') return ['levels.experts', sentence];
  if (path === 'base' && !base) return ['base.kind', BASE_WANTED];
  if (path === 'base' && 'packaged' in base!) return ['base.kind', sentence];
  const field = base && path === 'base' ? `base.${Object.keys(base)[0]}` : path;
  const [, name, allowed] = FIELDS.find(([pattern]) => pattern.test(field)) ?? [];
  if (name === undefined || allowed === undefined) return [path, sentence];
  return [name, path === 'base' && sentence !== NOT_ALLOWED ? sentence : allowed];
}

/** Errors of the schema before anything is sent: the first problem of each field. */
export function checkSpec(spec: RunSpecInput): SpecErrors {
  const errors: Record<string, string> = {};
  for (const issue of RunSpec.safeParse(spec).error?.issues ?? []) {
    const [field, sentence] = placed(spec, issue.path.join('.'), sentenceOfIssue(issue));
    errors[field] ??= sentence;
  }
  return errors;
}

/** Refusals of the coordinator: its detail names fields as `path: sentence; path: sentence`. */
export function refusalToErrors(error: unknown, spec: RunSpecInput, fields: ReadonlySet<string>): SpecErrors {
  if (!(error instanceof PathfoldError)) return {};
  const errors: Record<string, string> = {};
  for (const part of error.detail.split('; ')) {
    const [, path = '', said = part] = /^([\w.]+): (.+)$/.exec(part) ?? [];
    const [field, sentence] = placed(spec, path, said);
    if (fields.has(field)) errors[field] ??= sentence;
    else errors[''] = errors[''] ? `${errors['']} ${part}` : part;
  }
  return errors;
}
