import { expect, test } from 'vitest';
import { routerResources } from './resources.ts';

test('a sample that was cut within a character ends before it', () => {
  const samples = ['Th\u00e9\u00e2tre, caf\uFFFD', 'A \uFFFD of its own.'];
  const shard = { path: 'p0', documents: 2, tokens: 20, domains: [], samples };
  const counts = { train: [2], router: [0], test: [0] };
  const facts = { version: 1, counts } as unknown as Parameters<typeof routerResources>[0];
  expect(routerResources(facts, 'kmeans', [shard])[0]!.samples).toEqual([
    'Th\u00e9\u00e2tre, caf',
    'A \uFFFD of its own.',
  ]);
});
