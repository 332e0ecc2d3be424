import { onlineManager } from '@tanstack/react-query';
import { afterEach, expect, test, vi } from 'vitest';

afterEach(() => {
  onlineManager.setOnline(true);
  vi.unstubAllGlobals();
});

test('where the browser says that it is offline orders are given at once or fail, and none is kept for later', async () => {
  vi.stubGlobal('location', { origin: 'http://127.0.0.1' });
  const { queries } = await import('./queries.ts');
  onlineManager.setOnline(false);
  const given: string[] = [];
  const mutationFn = async (order: string) => void given.push(order);
  void queries.getMutationCache().build(queries, { mutationFn }).execute('delete');
  void queries.fetchQuery({ queryKey: ['runs'], queryFn: async () => given.push('list') });
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(given.toSorted()).toEqual(['delete', 'list']);
});
