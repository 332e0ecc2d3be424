import type { RunResource } from '@pathfold/protocol/resources';
import { useEffect, useState } from 'react';

/** Whether `/v1` of this coordinator takes a prompt of this visitor only with a key. */
export const asksForKey = async (): Promise<boolean> => (await fetch('/v1/models', { method: 'HEAD' })).status === 401;

/** As `asksForKey` says; false while it is not known. */
export function useAsksForKey(): boolean {
  const [asks, setAsks] = useState(false);
  useEffect(() => {
    asksForKey().then(setAsks, () => {});
  }, []);
  return asks;
}

/** Why no volunteer can be asked about a run from this page; null where one can. */
export const networkRefusal = (run: RunResource | undefined, asksForKey: boolean): string | null => {
  if (!run) return '';
  if (run.spec.visibility !== 'public') return 'Volunteers answer for public runs only.';
  return asksForKey
    ? 'Volunteers cannot be asked from here: this coordinator takes prompts only with its key, from programs.'
    : null;
};
