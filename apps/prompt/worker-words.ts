import type { AnswerPiece, Question } from '@pathfold/inference/answer';

/** What the page asks of its worker, over Comlink. */
export interface PromptDoor {
  /** Fetches a path of a run, or takes it from the cache, and makes it ready. Once, before `ask`. */
  load(order: ModelOrder, onProgress: (progress: Progress) => void): Promise<LoadedModel>;
  /** Answers until the end or until `stop`; pieces come at most every few dozen milliseconds. */
  ask(question: Question, onPiece: (piece: AnswerPiece) => void | Promise<void>): Promise<void>;
  stop(): void;
}

export interface ModelOrder {
  runId: string;
  path: string;
  context: number;
}

/** `total` is 0 while it is not known. */
export interface Progress {
  receivedBytes: number;
  totalBytes: number;
}

export interface LoadedModel {
  sha256: string;
  /** Outer round of the parameters. */
  round: number;
  bytes: number;
  fromCache: boolean;
}
