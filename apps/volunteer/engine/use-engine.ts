import type { Snapshot } from '@pathfold/volunteer/snapshot';
import { useCallback, useEffect, useRef, useState, useSyncExternalStore } from 'react';
import type { Terms } from '../consent/consent.tsx';
import { ownIdentity } from '../identity/identity-file.ts';
import { type Engine, openEngine, takePart } from './engine.ts';
import { type TabLock, takeTabLock } from './tab-lock.ts';

const never = () => () => {};
/** Nothing is computed, and nothing will be until the person starts it anew. */
const ENDED: ReadonlySet<string> = new Set(['stopped', 'refused']);

export interface Lending {
  /** Null until this page takes part. */
  readonly snapshot: Snapshot | null;
  readonly engine: Engine | null;
  readonly starting: boolean;
  /** Why it could not start, in one sentence. */
  readonly problem: string | null;
  start(terms: Terms): Promise<void>;
}

/** This page's part in the training: nothing exists before `start`, and one tab of a browser has it at a time. */
export function useEngine(): Lending {
  const [engine, setEngine] = useState<Engine | null>(null);
  const [starting, setStarting] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const lock = useRef<TabLock | null>(null);
  const snapshot = useSyncExternalStore(engine?.subscribe ?? never, () => engine?.snapshot() ?? null);

  const letGo = useCallback(() => {
    lock.current?.release();
    lock.current = null;
  }, []);
  const takesPart = snapshot !== null && !ENDED.has(snapshot.status.code);
  useEffect(() => (takesPart ? letGo : undefined), [takesPart, letGo]);

  const start = useCallback(
    async (terms: Terms) => {
      setStarting(true);
      setProblem(null);
      try {
        lock.current ??= await takeTabLock();
        if (!lock.current) return setProblem('Another tab of this browser computes already. One at a time is enough.');
        // Asks the browser not to clear what is kept here; it may say no.
        void navigator.storage?.persist?.();
        const identity = await ownIdentity();
        let open = engine;
        if (open?.identity !== identity) {
          open?.close();
          setEngine(null);
          open = await openEngine(identity);
          setEngine(open);
          void open.crashed.then((message) => {
            setEngine(null);
            setProblem(`Computing stopped by a fault of this page: ${message}`);
            letGo();
          });
        }
        await takePart(open, terms);
      } catch (error) {
        letGo();
        setProblem(error instanceof Error ? error.message : String(error));
      } finally {
        setStarting(false);
      }
    },
    [engine, letGo],
  );

  return { snapshot, engine, starting, problem, start };
}
