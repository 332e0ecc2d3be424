import { sentenceOf, UnreachableError } from '@pathfold/client/http';
import { useEffect, useRef, useState } from 'react';

/**
 * Looks `firstMs` from now, and `everyMs` after each look has ended again, for as long as it answers true. Answers how to
 * stop. `look` never rejects.
 */
export function lookAgain(look: () => Promise<boolean>, everyMs: number, firstMs = 0): () => void {
  let isStopped = false;
  let timer = setTimeout(once, firstMs);
  async function once(): Promise<void> {
    if ((await look()) && !isStopped) timer = setTimeout(once, everyMs);
  }
  return () => {
    isStopped = true;
    clearTimeout(timer);
  };
}

export interface Polled<T> {
  /** The last answer; undefined before the first. */
  readonly value: T | undefined;
  /** The coordinator does not answer. */
  readonly away: boolean;
  /** Why it answers nothing of use, in one sentence; null when nothing is wrong. */
  readonly problem: string | null;
}

/** Reads again `everyMs` after each answer, for as long as it is `enabled`. */
export function usePolling<T>(
  read: (signal: AbortSignal) => Promise<T>,
  everyMs: number,
  { enabled = true }: { readonly enabled?: boolean } = {},
): Polled<T> {
  const [state, setState] = useState<Polled<T>>({ value: undefined, away: false, problem: null });
  // biome-ignore lint/correctness/useExhaustiveDependencies: the time, not how it is read, makes it read again
  useEffect(() => {
    if (!enabled) return;
    const stop = new AbortController();
    const look = async () => {
      try {
        const value = await read(stop.signal);
        if (!stop.signal.aborted) setState({ value, away: false, problem: null });
      } catch (error) {
        const away = error instanceof UnreachableError;
        if (!stop.signal.aborted) setState((known) => ({ ...known, away, problem: away ? null : sentenceOf(error) }));
      }
      return true;
    };
    const end = lookAgain(look, everyMs);
    return () => {
      end();
      stop.abort();
    };
  }, [everyMs, enabled]);
  return state;
}

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
