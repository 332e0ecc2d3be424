import { useEffect, useState, useSyncExternalStore } from 'react';
import type { Model } from '../model/use-model.ts';
import { type Answer, type AnswersPorts, createAnswers } from './answers.ts';

export interface Answers extends Pick<ReturnType<typeof createAnswers>, 'ask' | 'stop'> {
  readonly answers: readonly Answer[];
  readonly writing: boolean;
}

/** The answers of this visit, by the worker of `model` or by the network. */
export function useAnswers(ports: AnswersPorts, model: Model): Answers {
  const [store] = useState(() => createAnswers(ports));
  const answers = useSyncExternalStore(store.subscribe, store.snapshot);
  const door = model.state === 'ready' ? model.door : null;
  useEffect(() => () => void (door && store.doorGone(door)), [store, door]);
  return { answers, writing: answers.at(-1)?.state === 'writing', ask: store.ask, stop: store.stop };
}
