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

/** What the spec would cost (`volunteers` 0: with as many as have work), asked once the typing rests. Null: the schema found something wrong, so nothing is asked. */
export function useEstimate(spec: RunSpecInput | null, tokensPerSecond: number, volunteers: number) {
  const text = useQuiet(spec && JSON.stringify(spec));
  const speed = useQuiet(tokensPerSecond);
  const crew = useQuiet(volunteers);
  return useQuery({
    queryKey: ['estimate', text, speed, crew],
    queryFn: ({ signal }) => {
      const asked = { tokensPerSecond: speed, ...(crew > 0 ? { volunteers: crew } : {}) };
      return client.runs.estimate(JSON.parse(text ?? ''), asked, signal);
    },
    enabled: text !== null && speed > 0,
    refetchInterval: false,
    placeholderData: keepPreviousData,
  });
}
