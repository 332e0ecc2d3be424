import type { StudyResource } from '@pathfold/protocol/study-spec';
import { textOf } from '@pathfold/ui/markup.fixture';
import { createElement } from 'react';
import { expect, test } from 'vitest';
import { StudyCard } from './study-card.tsx';

const study: StudyResource = {
  ...{ name: 'diloco', title: 'DiLoCo', question: 'Can they?', command: 'npm run study -- diloco', claims: [] },
  ...{ paper: { title: 'Douillard et al. 2023', url: 'https://arxiv.org/abs/2311.08105' }, network: false },
};
const card = (network: boolean) => textOf(createElement(StudyCard, { study: { ...study, network }, live: [] }));

test('a picture by volunteers is promised only of a study that volunteers can compute', () => {
  expect(card(true)).toContain('When an operator starts it');
  expect(card(false)).toMatch(/No kind of work here does this study.*npm run study -- diloco/);
  expect(card(false)).not.toContain('operator');
});

test('claims are counted by verdict, and an interval across its bound is never called held', () => {
  const one = { claim: 'c', bound: { op: '>=' as const, value: 1 }, measured: { mean: 2, std: 9, n: 3 }, holds: true };
  const claims = [
    { ...one, id: 'a', verdict: 'held' as const },
    { ...one, id: 'b', verdict: 'undecided' as const },
  ];
  const text = textOf(createElement(StudyCard, { study: { ...study, claims }, live: [] }));
  expect(text).toContain('1 held, 0 not held, 1 undecided, 0 not measured');
});
