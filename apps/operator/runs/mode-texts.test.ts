import { RunSpec, type RunSpecInput } from '@pathfold/protocol/run-spec';
import { expect, test } from 'vitest';
import { stepRules } from './mode-texts.ts';

const rulesOf = (spec: Partial<RunSpecInput>, paths = 1) => {
  const rules = stepRules(RunSpec.parse({ corpus: 'c', ...spec }), paths);
  return { names: rules.map(({ name }) => name), text: rules.map(({ says }) => says).join('\n') };
};

test('in rounds: what ends them, with the numbers of the run, and nothing of arrivals', () => {
  const { names, text } = rulesOf({ replicas: 3, quorum: 2, roundDeadlineMs: 240_000, inner: { steps: 30 } });
  expect(names).toEqual(['A round', 'Waiting', 'Figures below']);
  for (const part of ['3 volunteers', '30 steps', '4 min', '2 contributions']) expect(text).toContain(part);
  expect(text).not.toContain('grace');
});

test('of gradients: one step of AdamW for all who sent one', () => {
  const { names, text } = rulesOf({ exchange: 'gradients', replicas: 3, inner: { steps: 1 } });
  expect(names).toEqual(['A step', 'Waiting', 'Figures below']);
  for (const part of ['3 volunteers', '1 batch each', 'AdamW']) expect(text).toContain(part);
  expect(text).not.toContain('with the mean of what was handed in');
});

test('at arrivals: grace period, shares, DyLU and lateness as they are set', () => {
  const set = { grace: 0.2, leastSteps: 7, mostStaleness: 12 };
  const { names, text } = rulesOf({ mode: 'async', async: set }, 4);
  expect(names).toEqual(['Grace period', 'Shares', 'Steps', 'Late work', 'Data', 'Figures below']);
  for (const part of [
    '20 %',
    '5 % where not',
    'at least 7 (DyLU)',
    'before its first contribution only',
    'four times',
    '12 versions',
    'the momentum when',
  ])
    expect(text).toContain(part);
  const other = rulesOf({
    mode: 'async',
    async: { grace: 0, dynamicSteps: false, buffer: 4, quorum: 4, stalenessPower: 0.5 },
    outer: { kind: 'sgd' },
  });
  expect(other.names).not.toContain('Data');
  for (const part of ['folded at once', '4 arrivals', '4 contributions', 'however fast', 'power of −0.5'])
    expect(other.text).toContain(part);
  for (const part of ['DyLU', 'the momentum when']) expect(other.text).not.toContain(part);
});

test('hybrid: both, and which modules go by which', () => {
  const levels = [
    { experts: 2, blocks: 2 },
    { experts: 'path' as const, blocks: 2 },
  ];
  const routing = { kind: 'random' as const };
  const own = rulesOf({ mode: 'hybrid', levels, routing }, 2);
  expect(own.names).toEqual([
    'Two kinds',
    'Grace period',
    'Shares',
    'Steps',
    'Late work',
    'Data',
    'A round',
    'Figures below',
  ]);
  expect(own.text).toContain('At arrivals step the embedding and the head. In rounds step level 0 and level 1;');
  const chosen = rulesOf({ mode: 'hybrid', levels, routing, async: { arrivals: ['level0'] } }, 2);
  expect(chosen.text).toContain('At arrivals step level 0. In rounds step the embedding, level 1, and the head;');
  const grid = rulesOf({ mode: 'hybrid', levels: [2, 2].map((experts) => ({ experts, blocks: 2 })), routing }, 4);
  expect(grid.text).toContain('All modules step at arrivals: the embedding, level 0, level 1, and the head.');
  expect(grid.names).not.toContain('A round');
});
