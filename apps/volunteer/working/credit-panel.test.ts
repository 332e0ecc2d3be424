import { textOf } from '@pathfold/ui/markup.fixture';
import type { Snapshot } from '@pathfold/volunteer/snapshot';
import { createElement } from 'react';
import { expect, test } from 'vitest';
import { CreditPanel } from './credit-panel.tsx';

const outcome = (lease: number, state: string) => ({ lease: `${lease}`, state, code: null, detail: '', at: 0 });
const panel = (outcomes: unknown[]) =>
  textOf(createElement(CreditPanel, { snapshot: { credit: 9, outcomes } as unknown as Snapshot }));

test('what is counted is named: the outcomes that are kept, not all of the visit', () => {
  const kept = Array.from({ length: 50 }, (_, i) => outcome(i, i < 2 ? 'rejected' : 'folded'));
  expect(panel(kept)).toContain('This visit, newest 50 pieces: 48 accepted, 2 rejected.');
  expect(panel([])).not.toContain('accepted,');
});
