import type { ExportNotes } from '@pathfold/checkpoint/formats';
import type { AnswerPiece, Question } from '@pathfold/inference/answer';
import type { Move } from '@pathfold/inference/reroute';
import type { Routed } from '@pathfold/inference/route';
import type { Continuation } from '@pathfold/protocol/continuation';
import type { ErrorCode } from '@pathfold/protocol/errors';
import type { PathSource } from './path-source.ts';

/** The feature of a text, [width], and how many tokens it was read from. */
export interface Embedded {
  feature: number[];
  tokens: number;
}

/** Jobs of the worker for a path. For a base it writes the graph of its features, tells a text's features, or finds its path by them. */
export type Task =
  /** `every`: choose the path again after so many tokens; null: never. */
  | { type: 'ask'; question: Question; every: number | null }
  | { type: 'continue'; continuation: Continuation }
  /** `format`: one of `exports.ts`. */
  | { type: 'write'; format: string; notes: ExportNotes }
  | { type: 'features' }
  | { type: 'embed'; text: Question['prompt'] }
  | { type: 'route'; text: Question['prompt'] };

/** Parts that a job may ask for besides its own path: the base with the router, or another path of the run. */
export type Wanted = { base: true } | { path: string };

/** A path that is lent to the worker. `source` comes with one that it does not hold; it may then forget those in `forget`. */
export interface Lent {
  key: string;
  source: PathSource | null;
  forget: string[];
}

/** One job at a time. */
export type ToWorker =
  | { type: 'job'; job: number; lent: Lent; task: Task }
  | { type: 'lent'; job: number; lent: Lent }
  | { type: 'refused'; job: number; code: ErrorCode; detail: string }
  | { type: 'cancel'; job: number };

/** Every job ends with `done` or `failed`. `want` is answered by `lent` or `refused`. */
export type FromWorker =
  | { type: 'piece'; job: number; piece: AnswerPiece }
  | { type: 'moved'; job: number; move: Move }
  | { type: 'token'; job: number; id: number }
  | { type: 'file'; job: number; bytes: Uint8Array<ArrayBuffer>; sha256: string }
  | { type: 'routed'; job: number; routed: Routed; ids: number[] }
  | ({ type: 'embedded'; job: number } & Embedded)
  | { type: 'want'; job: number; wanted: Wanted }
  | { type: 'done'; job: number }
  | { type: 'failed'; job: number; code: ErrorCode; detail: string };
