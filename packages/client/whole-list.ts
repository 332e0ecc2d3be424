import type { List } from '@pathfold/protocol/resources';
import type { Page } from './client.ts';

const LIMIT = 200;

/** All items of a list, page by page. */
export async function wholeList<T>(read: (page: Page) => Promise<List<T>>): Promise<T[]> {
  const items: T[] = [];
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const page = await read({ limit: LIMIT, ...(cursor ? { cursor } : {}) });
    items.push(...page.items);
    cursor = page.next;
  }
  return items;
}
