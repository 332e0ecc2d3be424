import { coordinatorTime } from '@pathfold/client/coordinator-clock';
import { useEffect, useState } from 'react';
import { formatAge } from '../formats.ts';

/** The time, read again every `everyMs`. */
export function useNow(everyMs = 5000): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}

/**
 * How long ago; the exact time on hover. `at`: ISO 8601, by the coordinator's clock; or milliseconds since 1970, by the
 * page's own.
 */
export function RelativeTime({ at }: { at: string | number }) {
  const now = useNow();
  const moment = new Date(at);
  return (
    <time dateTime={moment.toISOString()} title={moment.toLocaleString()} className="whitespace-nowrap">
      {formatAge(moment.getTime(), typeof at === 'string' ? coordinatorTime(now) : now)}
    </time>
  );
}
