import type { StudyResource } from '@pathfold/protocol/study-spec';
import { textOf } from '@pathfold/ui/markup.fixture';
import { createElement } from 'react';
import { expect, test } from 'vitest';
import { GalleryCard } from './gallery-card.tsx';
import { StudyView } from './study-view.tsx';

const paper = { title: 'Douillard et al. 2023', url: 'https://arxiv.org/abs/2311.08105', found: 'They can.' };
const here = {
  command: 'npm run study -- diloco',
  found: 'So they can.',
  picture: { file: 'loss', alt: 'Loss falls' },
  findings: [],
  open: [],
};
const study: StudyResource = {
  ...{ name: 'diloco', title: 'DiLoCo', question: 'Can they?', claims: [], network: false },
  ...{ paper, here },
};
const { here: _, ...notYet } = study;
const page = (shown: StudyResource) => textOf(createElement(StudyView, { study: shown, live: [], picture: '/p' }));
const card = (shown: StudyResource) => textOf(createElement(GalleryCard, { study: shown, live: [], picture: '/p' }));

test('a picture by volunteers is promised only of a study that volunteers can compute', () => {
  expect(page({ ...study, network: true })).toContain('When an operator starts it here');
  expect(page(study)).toMatch(/npm run study -- diloco.*No kind of work here does this study/);
  expect(page(study)).not.toContain('operator');
});

test('a paper that is not computed yet says so on its card and its page, and claims nothing', () => {
  for (const text of [card(notYet), page(notYet)]) {
    expect(text).toContain('They can.');
    expect(text).toContain('Not measured here yet');
    expect(text).not.toMatch(/ held|npm run/);
  }
});

test('claims are counted by verdict, and an interval across its bound is never called held', () => {
  const one = { claim: 'c', bound: { op: '>=' as const, value: 1 }, measured: { mean: 2, std: 9, n: 3 }, holds: true };
  const claims = [
    { ...one, id: 'a', verdict: 'held' as const },
    { ...one, id: 'b', verdict: 'undecided' as const },
  ];
  for (const text of [card({ ...study, claims }), page({ ...study, claims })])
    expect(text).toMatch(/1 held\s+0 not held\s+1 undecided\s+0 not measured/);
});
