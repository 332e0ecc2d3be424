import { packagedShape } from '@pathfold/checkpoint/packaged-base';
import { PathfoldError } from '@pathfold/protocol/errors';
import { levelsOf, pathCountOf, RunSpec } from '@pathfold/protocol/run-spec';
import { describe, expect, it } from 'vitest';
import { defaultDraft, specOf } from './draft.ts';
import { checkSpec, refusalToErrors } from './errors.ts';
import { NUMBER_GROUPS, pathsOf } from './field-groups.ts';
import { FROM_PACKAGED, SHAPES, SIZES } from './presets.ts';

const numbers = NUMBER_GROUPS.flatMap((group) => group.fields.map((field) => field.path));

describe('the form of a run', () => {
  it('begins with the defaults of the schema', () => {
    expect(RunSpec.parse(specOf(defaultDraft('starter')))).toEqual(RunSpec.parse({ corpus: 'starter' }));
  });

  it('offers every number of the schema', () => {
    const draft = defaultDraft('starter');
    const inSchema = Object.keys(draft).filter((path) => !Number.isNaN(Number(draft[path])));
    expect(new Set(numbers)).toEqual(new Set(inSchema.filter((path) => !/^(levels|base)[.]/.test(path))));
  });

  it('offers presets that the schema accepts, in every combination', () => {
    const paths = SHAPES.map((shape) =>
      SIZES.map((size) => {
        const spec = specOf({ ...defaultDraft('starter'), ...size.values, ...shape.values });
        expect(checkSpec(spec)).toEqual({});
        return pathCountOf(levelsOf(RunSpec.parse(spec)));
      }),
    );
    expect(paths).toEqual([1, 4, 4, 8, 16, 8, 4].map((count) => [count, count, count]));
  });

  it('begins from the packaged base in the size that the base has', () => {
    const { model, base } = RunSpec.parse(specOf({ ...defaultDraft('starter'), ...FROM_PACKAGED }));
    expect(base).toEqual({ packaged: 'starter' });
    expect(model).toEqual(packagedShape('starter'));
  });

  it('reads levels as people write them, and spreads the blocks', () => {
    const levels = (experts: string, blocks = '') =>
      specOf({ ...defaultDraft('starter'), 'model.blocks': '5', 'levels.experts': experts, 'levels.blocks': blocks })
        .levels;
    const experts = [2, 'path', 2];
    expect(levels('2 x path x 2')?.map((level) => level.experts)).toEqual(experts);
    expect(levels('2, Path × 2')?.map((level) => level.experts)).toEqual(experts);
    expect(levels('2 x path x 2')?.map(({ blocks }) => blocks)).toEqual([2, 2, 1]);
    expect(levels('4x4', '1 + 4')).toEqual([
      { experts: 4, blocks: 1 },
      { experts: 4, blocks: 4 },
    ]);
    expect(levels('1')).toBeUndefined();
  });

  it('takes empty blocks for the default, and leaves it to their own field to say that they are no number', () => {
    const of = (blocks: string) =>
      specOf({
        ...{ ...defaultDraft('starter'), 'routing.kind': 'random' },
        ...{ 'model.blocks': blocks, 'levels.experts': '2 x 2' },
      });
    expect(checkSpec(of(''))).toEqual({});
    expect(of('').levels?.map(({ blocks }) => blocks)).toEqual([2, 2]);
    expect(Object.keys(checkSpec(of('four')))).toEqual(['model.blocks']);
  });

  it('shows every path that can be wrong in some group or at its own place', () => {
    const grouped = NUMBER_GROUPS.flatMap(pathsOf);
    expect(grouped).toEqual(expect.arrayContaining(['mode', 'exchange', 'outer.kind', 'outer.average']));
    expect(new Set(grouped).size).toBe(grouped.length);
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
    expect(refusalToErrors(refused, specOf(draft), new Set(numbers))).toEqual({
      'inner.steps': 'too small',
      'model.heads': 'odd',
      '': 'the whole: strange',
    });
  });

  it('is said at the field of the paths that it belongs to', () => {
    const four = { ...draft, 'levels.experts': '2 x 2', 'base.kind': 'steps' };
    const found = (change: object) => checkSpec(specOf({ ...four, ...change }));
    expect(found({})).toEqual({});
    expect(found({ 'levels.experts': '2 x two' })).toEqual({
      'levels.experts': 'For each level a number from 1 to 64, or “path”.',
    });
    expect(found({ 'levels.experts': '2 x 2 x 2 x 2 x 2' })).toMatchObject({
      'levels.blocks': 'For each level a whole number of at least 1.',
    });
    expect(found({ 'levels.blocks': '1 + 1' })).toEqual({
      'levels.experts': 'The levels hold 2 blocks, the model has 4.',
    });
    expect(Object.keys(found({ 'base.kind': 'none' }))).toEqual(['base.kind']);
    expect(found({ 'base.kind': 'none', 'routing.kind': 'random' })).toEqual({});
    expect(found({ 'base.steps': '' })).toEqual({ 'base.steps': 'A whole number of at least 1.' });
    expect(found({ 'base.kind': 'run' })).toEqual({ 'base.run': 'Choose a run.' });
    expect(found({ 'routing.overlap': '5' })).toMatchObject({ 'routing.overlap': 'At most 4.' });

    const begun = specOf({ ...four, 'base.kind': 'run', 'base.run': 'r1' });
    const refused = new PathfoldError('bad_run_spec', 'base: the run r1 has 4 paths, a base has one');
    expect(refusalToErrors(refused, begun, new Set(['base.run']))).toEqual({
      'base.run': 'the run r1 has 4 paths, a base has one',
    });
    const larger = specOf({ ...four, ...FROM_PACKAGED, 'model.width': '320' });
    const other = new PathfoldError('bad_run_spec', 'base: the packaged base starter is of another shape');
    expect(refusalToErrors(other, larger, new Set(['base.kind']))).toEqual({
      'base.kind': 'the packaged base starter is of another shape',
    });
  });
});

it('while there is no corpus the form opens all the same, and asks for one', () => {
  const draft = defaultDraft('');
  expect(draft).toMatchObject({ corpus: '', 'inner.steps': '50' });
  expect(Object.keys(checkSpec(specOf(draft)))).toEqual(['corpus']);
});

it('of gradients nothing of the outer step is asked for, whatever was typed before', () => {
  const typed = { ...defaultDraft('c'), exchange: 'gradients', 'outer.learningRate': '99' };
  expect(checkSpec(specOf(typed))).toEqual({});
  expect(specOf(typed)).not.toHaveProperty('outer');
});
