import type { AnswerEnd, Question } from '@pathfold/inference/answer';
import type { Routed } from '@pathfold/inference/route';
import type { WriterNote } from '@pathfold/protocol/answer-notes';
import type { RouterResource } from '@pathfold/protocol/resources';
import * as Comlink from 'comlink';
import type { AnswerListener, LoadedModel, MoveMade, Progress, PromptDoor } from '../worker-messages.ts';
import type { askNetwork } from './ask-network.ts';

/** The texts of each path of a run, by path. */
export type Shards = ReadonlyMap<string, RouterResource>;

/** The run that a prompt is for. */
export interface AskedRun {
  readonly id: string;
  readonly name: string;
  /** The only path; null where prompts are routed. */
  readonly path: string | null;
}

/** One prompt and what came of it. */
export interface Answer {
  readonly id: number;
  readonly run: AskedRun;
  readonly prompt: string;
  readonly text: string;
  /** Where it went, where prompts are routed. */
  readonly routed: Routed | null;
  /** As they were when it was routed; null until they are here. */
  readonly shards: Shards | null;
  /** Where it went on, by another path. */
  readonly moves: readonly MoveMade[];
  /** Its writer, where the network was asked; null where this browser wrote. */
  readonly writers: readonly WriterNote[] | null;
  /** Null until its path is here. */
  readonly loaded: LoadedModel | null;
  /** The state of its path's download. */
  readonly loading: Progress | null;
  readonly seed: number;
  readonly state: 'writing' | 'done' | 'stopped' | 'failed';
  readonly end: AnswerEnd | null;
  readonly durationMs: number;
  /** Why it failed. */
  readonly reason: string | null;
}

/** This browser's model: the worker of a run. */
export type AnsweringDoor = Pick<Comlink.Remote<PromptDoor>, 'ask' | 'stop'>;

export interface Asking {
  readonly run: AskedRun;
  readonly question: Question & { prompt: string };
  /** Null: the network is asked. */
  readonly door: AnsweringDoor | null;
  /** The path is chosen again after so many tokens; null: never. */
  readonly every: number | null;
  /** The only path, where it is here already. */
  readonly loaded: LoadedModel | null;
}

export interface AnswersPorts {
  readonly askNetwork: typeof askNetwork;
  readShards(runId: string): Promise<Shards>;
}

const stopIfWriting = ({ state }: Answer): Partial<Answer> => ({ state: state === 'writing' ? 'stopped' : state });

/** The answers of a visit, oldest first. One is written at a time. */
export function createAnswers({ askNetwork, readShards }: AnswersPorts) {
  let answers: readonly Answer[] = [];
  let open: { readonly id: number; readonly door: AnsweringDoor | null; readonly control: AbortController } | null =
    null;
  const listeners = new Set<() => void>();
  const set = (changed: readonly Answer[]) => {
    answers = changed;
    for (const listener of listeners) listener();
  };

  return {
    subscribe(listener: () => void): () => void {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    snapshot: () => answers,

    async ask({ run, question, door, every, loaded }: Asking): Promise<void> {
      if (open) return;
      const mine = { id: answers.length + 1, door, control: new AbortController() };
      open = mine;
      const { signal } = mine.control;
      let began = performance.now();
      const change = (part: (answer: Answer) => Partial<Answer>) =>
        set(answers.map((answer) => (answer.id === mine.id ? { ...answer, ...part(answer) } : answer)));
      const onRouted = (routed: Routed) => {
        change(() => ({ routed }));
        // Answers are understood without them.
        if (run.path === null)
          readShards(run.id).then(
            (shards) => change(() => ({ shards })),
            () => {},
          );
      };
      const onPiece: AnswerListener['onPiece'] = ({ text, end }) =>
        change((answer) => ({
          text: answer.text + text,
          end,
          durationMs: performance.now() - began,
          state: end ? 'done' : answer.state,
        }));
      const listener: AnswerListener = {
        onRouted,
        onLoading: (loading) => change(() => ({ loading })),
        onLoaded(path) {
          began = performance.now();
          change(() => ({ loaded: path, loading: null }));
        },
        onPiece,
        onMoved: (move) => change(({ moves }) => ({ moves: [...moves, move] })),
      };
      const { prompt, seed } = question;
      set([
        ...answers,
        {
          ...{ id: mine.id, run, prompt, text: '', routed: null, shards: null, moves: [] },
          ...{ writers: door ? null : [], loaded, loading: null, seed, state: 'writing', end: null },
          ...{ durationMs: 0, reason: null },
        },
      ]);
      try {
        if (door) await door.ask(question, every, Comlink.proxy(listener));
        else
          await askNetwork(
            run.id,
            question,
            {
              onRouted,
              onText: (text, end) => void onPiece({ text, end }),
              onWriter: (writer) => change(({ writers }) => ({ writers: [...(writers ?? []), writer] })),
            },
            signal,
          );
        change(stopIfWriting);
      } catch (error) {
        if (signal.aborted) change(stopIfWriting);
        else change(() => ({ state: 'failed', reason: error instanceof Error ? error.message : String(error) }));
      } finally {
        if (open === mine) open = null;
      }
    },

    stop(): void {
      void open?.door?.stop();
      open?.control.abort();
    },

    /** A worker has ended: it takes the answer that it was writing with it, and no other. */
    doorGone(door: AnsweringDoor): void {
      if (open?.door !== door) return;
      const { id } = open;
      open = null;
      set(answers.map((answer) => (answer.id === id ? { ...answer, ...stopIfWriting(answer) } : answer)));
    },
  };
}
