import { useEffect, useState } from 'react';

/**
 * A value that lives elsewhere and comes back a little late: what the person chose last is shown until it has come back.
 * Answers what to show, and how to choose.
 */
export function useAnswered<T>(answered: T, tell: (value: T) => void): [T, (value: T) => void] {
  const [wanted, setWanted] = useState<{ readonly value: T } | null>(null);
  useEffect(() => {
    if (wanted && wanted.value === answered) setWanted(null);
  }, [wanted, answered]);
  const choose = (value: T) => {
    setWanted({ value });
    tell(value);
  };
  return [wanted ? wanted.value : answered, choose];
}
