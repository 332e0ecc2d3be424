import type { AnswerEnd, Question } from '@pathfold/inference/answer';
import * as Comlink from 'comlink';
import { useCallback, useEffect, useState } from 'react';
import type { Model } from './use-model.ts';
import type { AnswerListener, LoadedModel, Progress, Routed } from './worker-words.ts';

/** One prompt and what came of it. */
export interface Answer {
  readonly id: number;
  readonly prompt: string;
  readonly text: string;
  /** Where it went, where prompts are routed. */
  readonly routed: Routed | null;
  /** Null until its path is here. */
  readonly loaded: LoadedModel | null;
  /** Of its path's download. */
  readonly loading: Progress | null;
  readonly seed: number;
  readonly state: 'writing' | 'done' | 'stopped' | 'failed';
  readonly end: AnswerEnd | null;
  readonly durationMs: number;
  /** Why it failed. */
  readonly reason: string | null;
}

export interface Answers {
  readonly answers: readonly Answer[];
  readonly writing: boolean;
  ask(prompt: string, sampling: Omit<Question, 'prompt' | 'stop'>): Promise<void>;
  stop(): void;
  clear(): void;
}

const stopIfWriting = ({ state }: Answer): Partial<Answer> => ({ state: state === 'writing' ? 'stopped' : state });

/** The answers of this visit, oldest first. One is written at a time. */
export function useAnswers(model: Model): Answers {
  const [answers, setAnswers] = useState<readonly Answer[]>([]);
  const writing = answers.at(-1)?.state === 'writing';
  const changeLast = useCallback(
    (change: (answer: Answer) => Partial<Answer>) =>
      setAnswers((known) =>
        known.map((answer, i) => (i === known.length - 1 ? { ...answer, ...change(answer) } : answer)),
      ),
    [],
  );

  const door = model.state === 'ready' ? model.door : null;
  // biome-ignore lint/correctness/useExhaustiveDependencies: a worker that ends takes its unfinished answer with it
  useEffect(() => () => changeLast(stopIfWriting), [door, changeLast]);

  return {
    answers,
    writing,
    async ask(prompt, sampling) {
      if (model.state !== 'ready' || !door || writing) return;
      const { opened } = model;
      let began = performance.now();
      setAnswers((known) => [
        ...known,
        {
          id: (known.at(-1)?.id ?? 0) + 1,
          prompt,
          text: '',
          routed: null,
          loaded: 'model' in opened ? opened.model : null,
          loading: null,
          seed: sampling.seed,
          state: 'writing',
          end: null,
          durationMs: 0,
          reason: null,
        },
      ]);
      const listener: AnswerListener = {
        onRouted: (routed) => changeLast(() => ({ routed })),
        onLoading: (loading) => changeLast(() => ({ loading })),
        onLoaded(loaded) {
          began = performance.now();
          changeLast(() => ({ loaded, loading: null }));
        },
        onPiece: ({ text, end }) =>
          changeLast((answer) => ({
            text: answer.text + text,
            end,
            durationMs: performance.now() - began,
            state: end ? 'done' : answer.state,
          })),
      };
      try {
        await door.ask({ ...sampling, prompt, stop: [] }, Comlink.proxy(listener));
        changeLast(stopIfWriting);
      } catch (error) {
        changeLast(() => ({ state: 'failed', reason: error instanceof Error ? error.message : String(error) }));
      }
    },
    stop() {
      void door?.stop();
    },
    clear: () => setAnswers([]),
  };
}
