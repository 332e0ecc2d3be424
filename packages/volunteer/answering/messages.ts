import type { Continuation } from '@pathfold/protocol/continuation';
import type { StartedWorker } from '../threads/port.ts';

/** Messages of the volunteer to the worker that answers prompts. `modules`: flat float32 parameters, in the task's order. */
export type ToAnswers =
  | {
      readonly type: 'ask';
      readonly lease: string;
      readonly body: unknown;
      readonly modules: readonly Uint8Array[];
      readonly continuation: Continuation;
    }
  | { readonly type: 'hush'; readonly lease: string };

export type FromAnswers =
  | { readonly type: 'tokens'; readonly lease: string; readonly ids: readonly number[]; readonly end: boolean }
  | { readonly type: 'failed'; readonly lease: string; readonly detail: string };

/** A started worker, seen from the volunteer. */
export type AnswersWorker = StartedWorker<ToAnswers, FromAnswers>;
