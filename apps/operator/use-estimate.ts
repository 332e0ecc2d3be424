import type { RunSpecInput } from '@pathfold/protocol/run-spec';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { client } from './queries.ts';

const QUIET_MS = 300;

function useQuiet<T>(value: T): T {
  const [quiet, setQuiet] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setQuiet(value), QUIET_MS);
    return () => clearTimeout(timer);
  }, [value]);
  return quiet;
}

/** What the spec would cost, asked once the typing rests. `valid`: the schema found nothing wrong. */
export function useEstimate(spec: RunSpecInput, valid: boolean, tokensPerSecond: number) {
  const text = useQuiet(JSON.stringify(spec));
  const speed = useQuiet(tokensPerSecond);
  return useQuery({
    queryKey: ['estimate', text, speed],
    queryFn: ({ signal }) => client.runs.estimate(JSON.parse(text), speed, signal),
    enabled: valid && speed > 0,
    refetchInterval: false,
    placeholderData: keepPreviousData,
  });
}
