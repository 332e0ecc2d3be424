import { PathfoldError } from '@pathfold/protocol/errors';
import { RunSpec, type RunSpecInput } from '@pathfold/protocol/run-spec';

/** Sentences by dotted path of the run spec; `''` holds what belongs to no field. */
export type SpecErrors = Readonly<Record<string, string>>;

type Issue = NonNullable<ReturnType<typeof RunSpec.safeParse>['error']>['issues'][number];

function sentenceOfIssue(issue: Issue): string {
  switch (issue.code) {
    case 'too_small':
      if (issue.origin === 'string') return 'This may not be empty.';
      return issue.inclusive === false ? `More than ${issue.minimum}.` : `At least ${issue.minimum}.`;
    case 'too_big':
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
      return 'This value is not allowed.';
  }
}

/** What the schema finds wrong before anything is sent: the first problem of each field. */
export function checkSpec(spec: RunSpecInput): SpecErrors {
  const errors: Record<string, string> = {};
  for (const issue of RunSpec.safeParse(spec).error?.issues ?? [])
    errors[issue.path.join('.')] ??= sentenceOfIssue(issue);
  return errors;
}

/** What the coordinator refused: its detail names fields as `path: sentence; path: sentence`. */
export function refusalToErrors(error: unknown, paths: ReadonlySet<string>): SpecErrors {
  if (!(error instanceof PathfoldError)) return {};
  const errors: Record<string, string> = {};
  for (const part of error.detail.split('; ')) {
    const [, path = '', sentence = part] = /^([\w.]+): (.+)$/.exec(part) ?? [];
    if (paths.has(path)) errors[path] ??= sentence;
    else errors[''] = errors[''] ? `${errors['']} ${part}` : part;
  }
  return errors;
}
