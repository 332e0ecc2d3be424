import type { AnswerPiece, Question } from '@pathfold/inference/answer';
import type { PathFormat } from '@pathfold/inference/export/files';
import type { ExportNotes } from '@pathfold/inference/export/folder';
import type { ErrorCode } from '@pathfold/protocol/errors';
import type { PathSource } from './path-source.ts';

/** What the worker does with a path; with a base: writes the graph of its features, or finds a text's path by them. */
export type Task =
  | { type: 'ask'; question: Question }
  | { type: 'write'; format: PathFormat; notes: ExportNotes }
  | { type: 'features' }
  | { type: 'route'; text: Question['prompt'] };

/** One job at a time. `source` comes with a path that the worker does not hold; it may then forget those in `forget`. */
export type ToWorker =
  | { type: 'job'; job: number; key: string; source: PathSource | null; forget: string[]; task: Task }
  | { type: 'cancel'; job: number };

/** Every job ends with `done` or `failed`. */
export type FromWorker =
  | { type: 'piece'; job: number; piece: AnswerPiece }
  | { type: 'file'; job: number; bytes: Uint8Array<ArrayBuffer>; sha256: string }
  | { type: 'routed'; job: number; path: string }
  | { type: 'done'; job: number }
  | { type: 'failed'; job: number; code: ErrorCode; detail: string };
