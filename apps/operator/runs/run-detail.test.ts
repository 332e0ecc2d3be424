import type { RunResource } from '@pathfold/protocol/resources';
import { RunSpec } from '@pathfold/protocol/run-spec';
import { textOf } from '@pathfold/ui/markup.fixture';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { createElement } from 'react';
import { expect, test, vi } from 'vitest';

vi.stubGlobal('location', { origin: 'http://localhost' });
const { RunDetail } = await import('./run-detail.tsx');

const model = {
  ...{
    id: 'r',
    name: 'mine',
    state: 'paused',
    round: 7,
    keptRounds: [3, 7],
    volunteerCount: 2,
    pathCount: 1,
    steps: 9,
  },
  ...{ scoredRound: null, scoreConfirmed: null, validBitsPerByte: null, perplexity: null, tokens: 9, baselines: null },
  ...{ reason: null, parameterCount: 9, corpus: { name: 'none', licence: 'x' }, spec: RunSpec.parse({ corpus: 'c' }) },
} as unknown as RunResource;

const detail = (run: RunResource) => {
  const live = { run, points: [], volunteers: [], leases: [], away: false, gone: false };
  const shown = createElement(RunDetail, { run, live, operator: true, onRemoved: () => {} });
  return textOf(createElement(QueryClientProvider, { client: new QueryClient() }, shown));
};
const OF_MODELS = [
  'Bits per byte',
  'Perplexity',
  'Loss',
  'Trains on none',
  'Score now',
  'Modules step',
  'Take it back',
];

test('a model has its charts, figures and orders', () => {
  for (const words of OF_MODELS) expect(detail(model)).toContain(words);
});

test('a study has none of them, but a link to its figures, and the orders that the coordinator takes', () => {
  const study = detail({ ...model, study: 'baldwin' });
  for (const words of OF_MODELS) expect(study).not.toContain(words);
  for (const words of ['Studies', 'Resume', 'Stop', 'Delete', 'Work under way', 'Contributions'])
    expect(study).toContain(words);
});
