import { useEffect, useRef, useState } from 'react';
import { lookAgain } from './look-again.tsx';

/** Reads again when `told` changes, and after a failure, at most once in `everyMs`. Null before the first answer for this `id`. */
export function useReadAgain<T>(
  id: string | null,
  told: unknown,
  everyMs: number,
  read: (id: string) => Promise<T>,
): T | null {
  const [answer, setAnswer] = useState<{ readonly id: string; readonly value: T } | null>(null);
  const asked = useRef({ id, at: 0 });
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is told, not how it is read, makes it read again
  useEffect(() => {
    if (id === null) return;
    if (asked.current.id !== id) asked.current = { id, at: 0 };
    const look = () => {
      asked.current = { id, at: Date.now() };
      return read(id).then(
        (value) => {
          if (asked.current.id === id) setAnswer({ id, value });
          return false;
        },
        () => true,
      );
    };
    return lookAgain(look, everyMs, Math.max(0, asked.current.at + everyMs - Date.now()));
  }, [id, told]);
  return answer?.id === id ? answer.value : null;
}
