import { createClient } from '@pathfold/client/client';
import { QueryClient } from '@tanstack/react-query';

export { sentenceOf } from '@pathfold/client/http';

export const client = createClient({ baseUrl: location.origin });

/** The coordinator may be on this machine: what the browser says of the network pauses nothing, to be done unasked later. */
const networkMode = 'always';

export const queries = new QueryClient({
  defaultOptions: {
    queries: { networkMode, retry: false, refetchOnWindowFocus: true, refetchInterval: 5000, staleTime: 1000 },
    mutations: { networkMode },
  },
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
