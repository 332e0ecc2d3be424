import * as Comlink from 'comlink';
import { useEffect, useState } from 'react';
import type { OpenedRun, Progress, PromptDoor, RunOrder } from '../worker-messages.ts';

export type Model =
  | { readonly state: 'none' }
  | { readonly state: 'loading'; readonly progress: Progress }
  | { readonly state: 'ready'; readonly door: Comlink.Remote<PromptDoor>; readonly opened: OpenedRun }
  | { readonly state: 'failed'; readonly reason: string };

const START: Progress = { receivedBytes: 0, totalBytes: 0 };

/**
 * The order that a worker is opened for: the same order is a new object each time the runs are read, and a run that has grown keeps
 * its worker.
 */
export const keyOf = ({ levels: _, ...order }: RunOrder): string => JSON.stringify(order);

/**
 * The model that answers for a run, in a worker of its own; another run, or another `attempt`, ends that worker and starts anew.
 * `order` null: nothing.
 */
export function useModel(order: RunOrder | null, attempt: number): Model {
  const [model, setModel] = useState<Model>({ state: 'none' });
  const wanted = order && keyOf(order);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the key stands for the order, and a new attempt loads again
  useEffect(() => {
    if (order === null) return setModel({ state: 'none' });
    setModel({ state: 'loading', progress: START });
    const worker = new Worker(new URL('../prompt.worker.ts', import.meta.url), { type: 'module', name: 'prompt' });
    const door = Comlink.wrap<PromptDoor>(worker);
    let over = false;
    const change = (next: Model) => over || setModel(next);
    const fail = (reason: string) => change({ state: 'failed', reason });
    worker.addEventListener('error', (event) => fail(event.message || 'The worker of this page could not be loaded.'));
    door
      .open(
        order,
        Comlink.proxy((progress: Progress) => change({ state: 'loading', progress })),
      )
      .then(
        (opened) => change({ state: 'ready', door, opened }),
        (error: unknown) => fail(error instanceof Error ? error.message : String(error)),
      );
    return () => {
      over = true;
      worker.terminate();
    };
  }, [wanted, attempt]);
  return model;
}
