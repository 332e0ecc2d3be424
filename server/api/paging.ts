import type { List } from '@pathfold/protocol/resources';
import * as z from 'zod';

export const PageQuery = z.object({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z
    .string()
    .regex(/^\d{1,15}$/)
    .optional(),
});

/** A page of a list that only grows at its front: the cursor counts what is older, so that nothing is shown twice. */
export function pageOfNewest<T>(items: readonly T[], { limit, cursor }: z.infer<typeof PageQuery>): List<T> {
  const end = cursor === undefined ? 0 : Math.max(0, items.length - Number(cursor));
  const { next, ...page } = pageOfArray(items, { limit, cursor: String(end) });
  return { ...page, next: next && String(items.length - Number(next)) };
}

/** A page of a list that is at hand whole; the cursor counts items. */
export function pageOfArray<T>(items: readonly T[], { limit, cursor }: z.infer<typeof PageQuery>): List<T> {
  const from = Number(cursor ?? 0);
  const end = from + limit;
  return { items: items.slice(from, end), next: end < items.length ? String(end) : null };
}
