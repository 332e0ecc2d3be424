import type { RunResource } from '@pathfold/protocol/resources';
import { textOf } from '@pathfold/ui/markup.fixture';
import { createElement } from 'react';
import { expect, test } from 'vitest';
import { RunPanel } from './run-panel.tsx';

const model = {
  ...{ name: 'starter', state: 'training', round: 7, volunteerCount: 2, tokens: 1000, validBitsPerByte: 2.5 },
  ...{ baselines: null, reason: null },
} as RunResource;
const panel = (run: RunResource | null, working = false) =>
  textOf(createElement(RunPanel, { run, points: [], working }));

test('a study is not described with the words of a model, and says where its figures are', () => {
  expect(panel(model)).toMatch(/“starter” is in training.*Bits per byte/);
  const study = panel({ ...model, study: 'baldwin' });
  expect(study).toMatch(/“starter” is under way.*Studies.*Volunteers now/);
  expect(study).not.toMatch(/Bits per byte|Tokens trained on|in training/);
});

test('a pause is told without saying whose it is: a run may pause by itself', () => {
  const paused = panel({ ...model, state: 'paused', reason: 'Paused by itself: its losses are no numbers.' });
  expect(paused).toContain('“starter” is paused ');
  expect(paused).not.toContain('by the operator');
  expect(paused).toContain('Paused by itself');
});

test('where no run is public, it is not said that nobody has started one', () => {
  expect(panel(null)).not.toMatch(/has not started/);
});

test('work for a run that is not public is told as that, and not as no run at all', () => {
  expect(panel(null, true)).toMatch(/A private run.*only its operator sees/);
  expect(panel(null, true)).not.toMatch(/no run/);
});
