import { useQuery } from '@tanstack/react-query';
import { usePages } from '../lists/use-pages.ts';
import { client } from '../queries.ts';

const CONTRIBUTIONS_AT_ONCE = 8;

/** The work of each volunteer in the last minutes. */
export const useActivity = (run: string, minutes: number) =>
  useQuery({
    queryKey: ['activity', run],
    queryFn: ({ signal }) => client.runs.activity(run, minutes, signal),
  });

export const useContributions = (run: string) =>
  usePages(['contributions', run], (page, signal) =>
    client.runs.contributions(run, { limit: CONTRIBUTIONS_AT_ONCE, ...page }, signal),
  );
