import { createClient } from '@pathfold/client/client';
import { QueryClient } from '@tanstack/react-query';

export const client = createClient({ baseUrl: location.origin });

/** The coordinator may be on this machine: what the browser says of the network pauses nothing, to be done unasked later. */
const networkMode = 'always';

export const queries = new QueryClient({
  defaultOptions: {
    queries: { networkMode, retry: false, refetchOnWindowFocus: true, refetchInterval: 5000, staleTime: 1000 },
    mutations: { networkMode },
  },
});
