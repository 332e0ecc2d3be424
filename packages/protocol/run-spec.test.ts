import { describe, expect, test } from 'vitest';
import { levelsOf, RunSpec } from './run-spec.ts';

const grid = (experts: number) => ({
  corpus: 'starter',
  levels: [
    { experts, blocks: 2 },
    { experts, blocks: 2 },
  ],
});

describe('run spec', () => {
  test('all but the corpus has a default', () => {
    const spec = RunSpec.parse({ corpus: 'starter' });
    expect(spec.inner).toMatchObject({ steps: 50, learningRate: 0.003, batch: 8 });
    expect(spec.outer).toEqual({ kind: 'nesterov', learningRate: 0.7, momentum: 0.9, average: 'mean' });
    expect(levelsOf(spec)).toEqual([{ experts: 1, blocks: 4 }]);
  });

  test('momentum steps at arrivals where every fold is a whole step', () => {
    const [outer, async] = [{ kind: 'momentum' }, { quorum: 4, buffer: 4 }];
    expect(RunSpec.safeParse({ corpus: 'starter', mode: 'async', outer, async }).success).toBe(true);
    expect(RunSpec.safeParse({ corpus: 'starter', mode: 'sync', outer }).success).toBe(true);
  });

  test.each([
    ['no corpus', {}, 'corpus'],
    ['zero steps', { corpus: 'starter', inner: { steps: 0 } }, 'inner.steps'],
    ['a negative rate', { corpus: 'starter', inner: { learningRate: -1 } }, 'inner.learningRate'],
    ['an absurd width', { corpus: 'starter', model: { width: 1e9 } }, 'model.width'],
    ['a rate that is no number', { corpus: 'starter', inner: { learningRate: Number.NaN } }, 'inner.learningRate'],
    ['an infinite deadline', { corpus: 'starter', roundDeadlineMs: Number.POSITIVE_INFINITY }, 'roundDeadlineMs'],
    ['heads that do not divide the width', { corpus: 'starter', model: { width: 64, heads: 3 } }, 'model.heads'],
    ['a quorum above the replicas', { corpus: 'starter', quorum: 3, replicas: 2 }, 'quorum'],
    [
      'an outer optimizer that knows no shares of a step, at arrivals',
      { corpus: 'starter', mode: 'hybrid', outer: { kind: 'adam' } },
      'outer.kind',
    ],
    [
      'a robust rule with an average of its own',
      { corpus: 'starter', fold: { rule: 'median' }, outer: { average: 'radial' } },
      'fold.rule',
    ],
    [
      'clipping around a momentum that there is not',
      { corpus: 'starter', fold: { rule: 'centered-clipping' }, outer: { kind: 'sgd' } },
      'fold.rule',
    ],
    [
      'clipping around an outer momentum of gradients',
      { corpus: 'starter', fold: { rule: 'centered-clipping' }, exchange: 'gradients' },
      'fold.rule',
    ],
    ['a rule that nobody knows', { corpus: 'starter', fold: { rule: 'krum' } }, 'fold.rule'],
    ['gradients at arrivals', { corpus: 'starter', mode: 'async', exchange: 'gradients' }, 'mode'],
    ['levels of other blocks', { corpus: 'starter', levels: [{ experts: 1, blocks: 3 }] }, 'levels'],
    [
      'levels of nothing but private experts',
      { corpus: 'starter', levels: [{ experts: 'path', blocks: 4 }] },
      'levels',
    ],
    ['a level without experts', { corpus: 'starter', levels: [{ experts: 0, blocks: 4 }] }, 'levels.0.experts'],
    ['too many paths', { ...grid(64), base: { steps: 10 } }, 'levels'],
    ['routing by features without a base', grid(2), 'base'],
    ['a base of zero steps', { ...grid(2), base: { steps: 0 } }, 'base.steps'],
    [
      'more overlap than paths',
      { ...grid(1), levels: [{ experts: 2, blocks: 4 }], base: { steps: 1 }, routing: { overlap: 3 } },
      'routing.overlap',
    ],
    [
      'a prefix that is too short to decide',
      { corpus: 'starter', routing: { prefixBytes: 16 } },
      'routing.prefixBytes',
    ],
    ['an unknown field', { corpus: 'starter', colour: 'red' }, ''],
    ['arrivals at a level that is not there', { corpus: 'starter', async: { arrivals: ['level1'] } }, 'async.arrivals'],
    ['a mode that is not offered', { corpus: 'starter', mode: 'eventually' }, 'mode'],
  ])('refuses %s and names the field', (_, spec, field) => {
    const { success, error } = RunSpec.safeParse(spec);
    expect(success).toBe(false);
    expect(error?.issues.map((issue) => issue.path.join('.'))).toContain(field);
  });
});
