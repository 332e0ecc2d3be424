import type { RunResource } from '@pathfold/protocol/resources';
import type { RunSpecInput } from '@pathfold/protocol/run-spec';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { useOrder } from '../lists/use-order.ts';
import { client } from '../queries.ts';
import { RUNS } from '../runs/api.ts';
import type { Capacity } from './capacity.ts';

const QUIET_MS = 300;

function useQuiet<T>(value: T): T {
  const [quiet, setQuiet] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setQuiet(value), QUIET_MS);
    return () => clearTimeout(timer);
  }, [value]);
  return quiet;
}

/** Creates a run; it is done once the run is in the list. */
export const useCreation = (onDone: (run: RunResource) => void) => useOrder(RUNS, client.runs.create, { onDone });

/** The cost of the spec with this capacity, asked once the typing rests. Null where something is wrong with them, so nothing is asked. */
export function useEstimate(spec: RunSpecInput | null, capacity: Capacity | null) {
  const text = useQuiet(spec && capacity && JSON.stringify({ spec, capacity }));
  return useQuery({
    queryKey: ['estimate', text],
    queryFn: ({ signal }) => {
      const asked = JSON.parse(text ?? '');
      return client.runs.estimate(asked.spec, asked.capacity, signal);
    },
    enabled: text !== null,
    refetchInterval: false,
    placeholderData: keepPreviousData,
  });
}
