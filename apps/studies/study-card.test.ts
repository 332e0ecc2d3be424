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
