import { PathfoldError } from '@pathfold/protocol/errors';
import { RunSpec } from '@pathfold/protocol/run-spec';
import { describe, expect, it } from 'vitest';
import { checkSpec, refusalToErrors } from './spec-errors.ts';
import { defaultDraft, NUMBER_GROUPS, PRESETS, specOf } from './spec-form.ts';

const numbers = NUMBER_GROUPS.flatMap((group) => group.fields.map((field) => field.path));

describe('the form of a run', () => {
  it('begins with the defaults of the schema', () => {
    expect(RunSpec.parse(specOf(defaultDraft('starter')))).toEqual(RunSpec.parse({ corpus: 'starter' }));
  });

  it('offers every number of the schema', () => {
    const draft = defaultDraft('starter');
    const inSchema = Object.keys(draft).filter((path) => !Number.isNaN(Number(draft[path])));
    expect(new Set(numbers)).toEqual(new Set(inSchema));
  });

  it('offers presets that the schema accepts', () => {
    for (const { values } of PRESETS) expect(checkSpec(specOf({ ...defaultDraft('starter'), ...values }))).toEqual({});
  });

  it('takes an empty value for the default and keeps a name of digits a name', () => {
    const spec = RunSpec.parse(specOf({ corpus: 'starter', name: '2026', 'inner.steps': ' ' }));
    expect([spec.name, spec.inner.steps]).toEqual(['2026', 50]);
  });
});

describe('what is wrong with it', () => {
  const draft = defaultDraft('starter');

  it('is said at the field before anything is sent', () => {
    const wrong = { ...draft, 'model.width': '100', 'inner.steps': '0', 'inner.learningRate': 'x', replicas: '1.5' };
    expect(checkSpec(specOf(wrong))).toMatchObject({
      'inner.steps': 'At least 1.',
      'inner.learningRate': 'A number.',
      replicas: 'A whole number.',
    });
  });

  it('names relations between fields', () => {
    expect(checkSpec(specOf({ ...draft, quorum: '3' }))).toEqual({ quorum: 'Quorum 3 is more than the 2 replicas.' });
  });

  it('is taken apart when the coordinator says it', () => {
    const refused = new PathfoldError('bad_run_spec', 'inner.steps: too small; model.heads: odd; the whole: strange');
    expect(refusalToErrors(refused, new Set(numbers))).toEqual({
      'inner.steps': 'too small',
      'model.heads': 'odd',
      '': 'the whole: strange',
    });
  });
});
