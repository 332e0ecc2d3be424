import type { RunSpecInput } from '@pathfold/protocol/run-spec';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { client } from '../queries.ts';
import type { Crew } from './crew-form.ts';

const QUIET_MS = 300;

function useQuiet<T>(value: T): T {
  const [quiet, setQuiet] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setQuiet(value), QUIET_MS);
    return () => clearTimeout(timer);
  }, [value]);
  return quiet;
}

/** What the spec would cost this crew, asked once the typing rests. Null: something is wrong with them, so nothing is asked. */
export function useEstimate(spec: RunSpecInput | null, crew: Crew | null) {
  const text = useQuiet(spec && crew && JSON.stringify({ spec, crew }));
  return useQuery({
    queryKey: ['estimate', text],
    queryFn: ({ signal }) => {
      const asked = JSON.parse(text ?? '');
      return client.runs.estimate(asked.spec, asked.crew, signal);
    },
    enabled: text !== null,
    refetchInterval: false,
    placeholderData: keepPreviousData,
  });
}
