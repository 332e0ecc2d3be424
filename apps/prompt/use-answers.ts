import type { AnswerEnd, Question } from '@pathfold/inference/answer';
import type { Routed } from '@pathfold/inference/route';
import type { WriterNote } from '@pathfold/protocol/answer-notes';
import * as Comlink from 'comlink';
import { useCallback, useEffect, useRef, useState } from 'react';
import { askNetwork } from './ask-network.ts';
import type { Model } from './use-model.ts';
import type { AnswerListener, LoadedModel, MoveMade, Progress } from './worker-words.ts';

/** One prompt and what came of it. */
export interface Answer {
  readonly id: number;
  readonly prompt: string;
  readonly text: string;
  /** Where it went, where prompts are routed. */
  readonly routed: Routed | null;
  /** Where it went on, by another path. */
  readonly moves: readonly MoveMade[];
  /** Who wrote it, where the network was asked; null where this browser wrote. */
  readonly writers: readonly WriterNote[] | null;
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

/** Who computes the next answer, and how its path may change. */
export interface Manner {
  /** Asks the network about this run; null: this browser computes. */
  readonly network: string | null;
  /** The path is chosen again after so many tokens; null: never. */
  readonly every: number | null;
}

export interface Answers {
  readonly answers: readonly Answer[];
  readonly writing: boolean;
  ask(prompt: string, sampling: Omit<Question, 'prompt' | 'stop'>, manner: Manner): Promise<void>;
  stop(): void;
}

const stopIfWriting = ({ state }: Answer): Partial<Answer> => ({ state: state === 'writing' ? 'stopped' : state });

/** The answers of this visit, oldest first. One is written at a time. */
export function useAnswers(model: Model): Answers {
  const [answers, setAnswers] = useState<readonly Answer[]>([]);
  const asking = useRef<AbortController | null>(null);
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
  useEffect(
    () => () => {
      asking.current?.abort();
      changeLast(stopIfWriting);
    },
    [door, changeLast],
  );

  return {
    answers,
    writing,
    async ask(prompt, sampling, { network, every }) {
      if ((!door && network === null) || writing) return;
      const opened = model.state === 'ready' ? model.opened : null;
      let began = performance.now();
      setAnswers((known) => [
        ...known,
        {
          ...{ id: (known.at(-1)?.id ?? 0) + 1, prompt, text: '', routed: null, moves: [] },
          writers: network === null ? null : [],
          loaded: network === null && opened && 'model' in opened ? opened.model : null,
          ...{ loading: null, seed: sampling.seed, state: 'writing', end: null, durationMs: 0, reason: null },
        },
      ]);
      const onPiece: AnswerListener['onPiece'] = ({ text, end }) =>
        changeLast((answer) => ({
          text: answer.text + text,
          end,
          durationMs: performance.now() - began,
          state: end ? 'done' : answer.state,
        }));
      const listener: AnswerListener = {
        onRouted: (routed) => changeLast(() => ({ routed })),
        onLoading: (loading) => changeLast(() => ({ loading })),
        onLoaded(loaded) {
          began = performance.now();
          changeLast(() => ({ loaded, loading: null }));
        },
        onPiece,
        onMoved: (move) => changeLast(({ moves }) => ({ moves: [...moves, move] })),
      };
      const question: Question = { ...sampling, prompt, stop: [] };
      const control = new AbortController();
      asking.current = control;
      try {
        if (network === null) await door!.ask({ ...question, prompt }, every, Comlink.proxy(listener));
        else
          await askNetwork(
            network,
            question,
            {
              onPath: (path) => changeLast(() => ({ routed: { path, runnerUp: null } })),
              onText: (text, end) => void onPiece({ text, end }),
              onWriter: (writer) => changeLast(({ writers }) => ({ writers: [...(writers ?? []), writer] })),
            },
            control.signal,
          );
        changeLast(stopIfWriting);
      } catch (error) {
        if (control.signal.aborted) changeLast(stopIfWriting);
        else changeLast(() => ({ state: 'failed', reason: error instanceof Error ? error.message : String(error) }));
      }
    },
    stop() {
      void door?.stop();
      asking.current?.abort();
    },
  };
}
