import { RunSpec, type RunSpecInput } from '@pathfold/protocol/run-spec';
import { expect, test } from 'vitest';
import { stepRules } from './mode-texts.ts';

type Spec = Partial<RunSpecInput>;

const rulesOf = (spec: Spec, paths = 1) => stepRules(RunSpec.parse({ corpus: 'c', ...spec }), paths);
const namesOf = (spec: Spec, paths = 1) => rulesOf(spec, paths).map(({ name }) => name);
const textOf = (spec: Spec, name: string, paths = 1) => rulesOf(spec, paths).find((rule) => rule.name === name)?.says;

const arrivals = ['Grace period', 'Shares', 'Steps', 'Late work'];

test.each<[string, Spec, number, string[]]>([
  ['in rounds', {}, 4, ['A round', 'Waiting', 'Figures below']],
  ['of gradients', { exchange: 'gradients' }, 4, ['A step', 'Waiting', 'Figures below']],
  ['at arrivals, on one path', { mode: 'async' }, 1, [...arrivals, 'Figures below']],
  ['at arrivals, on several', { mode: 'async' }, 4, [...arrivals, 'Data', 'Figures below']],
])('a run that steps %s is told by its own rules alone', (_how, spec, paths, names) => {
  expect(namesOf(spec, paths)).toEqual(names);
});

const async = (settings: NonNullable<RunSpecInput['async']>): Spec => ({ mode: 'async', async: settings });
const sum = 'It moves the momentum when shares have added up to a whole step';

/** One setting changes one part of one rule, from what is said of `spec` to what is said of it with the change. */
test.each<[rule: string, spec: Spec, change: Spec, from: string, to: string]>([
  ['A round', {}, { replicas: 5 }, 'Up to 2 volunteers train a path', 'Up to 5 volunteers train a path'],
  ['A round', {}, { inner: { steps: 30 } }, 'with 50 steps each', 'with 30 steps each'],
  ['A round', {}, { roundDeadlineMs: 240_000 }, '2 min after its begin', '4 min after its begin'],
  ['A round', {}, { quorum: 2 }, 'at least 1 contribution a path', 'at least 2 contributions a path'],
  ['A step', { exchange: 'gradients' }, { replicas: 5 }, '2 volunteers send', '5 volunteers send'],
  ['A step', { exchange: 'gradients' }, { inner: { steps: 1 } }, 'mean of 50 batches each', 'mean of 1 batch each'],
  [
    'Grace period',
    async({ grace: 0.2 }),
    async({ grace: 0.4 }),
    'of 20 % of the time of a task',
    'of 40 % of the time of a task',
  ],
  [
    'Grace period',
    async({ grace: 0.2 }),
    async({ grace: 0.2, buffer: 4 }),
    'All that arrive',
    'At most 4 contributions that arrive',
  ],
  [
    'Shares',
    async({}),
    async({ momentumSpread: 0.25 }),
    `${sum}.`,
    `${sum}; 25 % of it is spread over the arrivals before.`,
  ],
  ['Shares', async({}), { ...async({}), outer: { kind: 'sgd' } }, ` Each share moves the model at once. ${sum}.`, ''],
  [
    'Steps',
    async({}),
    { ...async({}), inner: { steps: 30 } },
    'fastest volunteer gets 50 steps',
    'fastest volunteer gets 30 steps',
  ],
  ['Steps', async({ leastSteps: 4 }), async({ leastSteps: 7 }), 'at least 4 (DyLU)', 'at least 7 (DyLU)'],
  [
    'Late work',
    async({ mostStaleness: 9 }),
    async({ mostStaleness: 12 }),
    'more than 9 versions further',
    'more than 12 versions further',
  ],
])('%s, %j with %j: “%s” becomes “%s”', (rule, spec, change, from, to) => {
  const before = textOf(spec, rule)!;
  expect(before).toContain(from);
  const after = textOf({ ...spec, ...change }, rule)!;
  // A grace period where few are due is a quarter of the other.
  const quarter = (text: string) => text.replace(/of [\d.]+ % where not/, 'of a quarter where not');
  expect(quarter(after)).toBe(quarter(before.replace(from, to)));
});

test.each([
  [0.2, 'of 5 % where not'],
  [0.4, 'of 10 % where not'],
])('of a grace period of %s a quarter is kept where few are due', (grace, words) => {
  expect(textOf(async({ grace }), 'Grace period')).toContain(words);
});

test('at once, in whole steps, with all steps, counting age: what else can be set at arrivals', () => {
  const set = async({ grace: 0, quorum: 4, buffer: 4, dynamicSteps: false, stalenessPower: 0.5 });
  expect(textOf(set, 'Grace period')).toBe(
    'Each contribution is folded when it arrives. It needs 4 arrivals: contributions wait for that, volunteers do not.',
  );
  expect(textOf(set, 'Shares')).toMatch(/^4 contributions make a whole outer step, .* power of −0\.5 as much\.$/);
  expect(textOf(set, 'Steps')).toBe(
    'Every volunteer gets 50 steps, however fast it is; fewer where a lease has no time for them.',
  );
});

test('hybrid: both, and which modules go by which', () => {
  const levels = [
    { experts: 2, blocks: 2 },
    { experts: 'path' as const, blocks: 2 },
  ];
  const hybrid: Spec = { mode: 'hybrid', levels, routing: { kind: 'random' } };
  expect(namesOf(hybrid, 2)).toEqual(['Two kinds', ...arrivals, 'Data', 'A round', 'Figures below']);
  expect(textOf(hybrid, 'Two kinds', 2)).toMatch(
    /^At arrivals step the embedding and the head\. In rounds step level 0 and level 1;/,
  );
  expect(textOf({ ...hybrid, async: { arrivals: ['level0'] } }, 'Two kinds', 2)).toMatch(
    /^At arrivals step level 0\. In rounds step the embedding, level 1, and the head;/,
  );
  const grid: Spec = { ...hybrid, levels: [2, 2].map((experts) => ({ experts, blocks: 2 })) };
  expect(textOf(grid, 'Two kinds', 4)).toBe(
    'All modules step at arrivals: the embedding, level 0, level 1, and the head.',
  );
  expect(namesOf(grid, 4)).toEqual(['Two kinds', ...arrivals, 'Data', 'Figures below']);
});
