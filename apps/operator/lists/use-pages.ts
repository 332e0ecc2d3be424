import type { Page } from '@pathfold/client/client';
import type { List } from '@pathfold/protocol/resources';
import { useInfiniteQuery } from '@tanstack/react-query';

export interface Pages<T> {
  /** Undefined before the first answer. */
  readonly items: readonly T[] | undefined;
  readonly error: Error | null;
  /** Reads the next older page; null when there is none. */
  readonly showOlder: (() => void) | null;
}

/** A list, the newest first: its first page, and older ones as they are asked for. */
export function usePages<T>(
  key: readonly unknown[],
  read: (page: Page, signal: AbortSignal) => Promise<List<T>>,
  { enabled = true }: { readonly enabled?: boolean } = {},
): Pages<T> {
  const { data, error, hasNextPage, fetchNextPage } = useInfiniteQuery({
    queryKey: key,
    queryFn: ({ signal, pageParam }) => read(pageParam === '' ? {} : { cursor: pageParam }, signal),
    initialPageParam: '',
    getNextPageParam: (page) => page.next,
    enabled,
  });
  return {
    items: data?.pages.flatMap((page) => page.items),
    error,
    showOlder: hasNextPage ? () => void fetchNextPage() : null,
  };
}
