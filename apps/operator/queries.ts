import { createClient } from '@pathfold/client/client';
import { UnreachableError } from '@pathfold/client/http';
import { PathfoldError } from '@pathfold/protocol/errors';
import { QueryClient } from '@tanstack/react-query';

export const client = createClient({ baseUrl: location.origin });

export const queries = new QueryClient({
  defaultOptions: { queries: { retry: false, refetchOnWindowFocus: true, refetchInterval: 5000, staleTime: 1000 } },
});

/** The names under which answers are kept. */
export const KEYS = {
  session: ['session'],
  runs: ['runs'],
  corpora: ['corpora'],
  volunteers: ['volunteers'],
  activity: (run: string) => ['activity', run],
  contributions: (run: string) => ['contributions', run],
} as const;

/** What went wrong, in one sentence for the person. */
export function sentenceOf(error: unknown): string {
  if (error instanceof PathfoldError) return error.detail;
  if (error instanceof UnreachableError) return error.message;
  return 'The coordinator answered something that this page does not understand. Reload the page.';
}
