import type { AnswerPiece, Question } from '@pathfold/inference/answer';
import type { Move } from '@pathfold/inference/reroute';
import type { Routed } from '@pathfold/inference/route';
import type { LevelSpec, ModelSpec, RunSpec } from '@pathfold/protocol/run-spec';
import type { ServedPath } from './model/exports.ts';

/** The page's calls to its worker, over Comlink. */
export interface PromptDoor {
  /** Fetches what is needed before any prompt: the only path, or what routes prompts to one of several. Once, before `ask`. */
  open(order: RunOrder, onProgress: (progress: Progress) => void): Promise<OpenedRun>;
  /**
   * Routes a prompt, fetches its path and answers until the end or until `stop`, which also breaks off a download. `every`: the path is chosen again after so
   * many tokens; null: never.
   */
  ask(question: Question & { prompt: string }, every: number | null, listener: AnswerListener): Promise<void>;
  stop(): void;
}

export interface RunOrder {
  runId: string;
  /** The only path; null where there are several, and a router. */
  path: string | null;
  model: ModelSpec;
  /** As the page knows them; those of a path that the run grew since are read when a prompt goes to it. */
  levels: LevelSpec[];
  embedding: RunSpec['embedding'];
}

/** `total` is 0 while it is not known. */
export interface Progress {
  receivedBytes: number;
  totalBytes: number;
}

export interface LoadedFile {
  bytes: number;
  /** Bytes that were not here already. */
  fetchedBytes: number;
}

/** A path as it was served. */
export interface LoadedModel extends LoadedFile, ServedPath {}

export type OpenedRun = { tokenizerBytes: number } & ({ model: LoadedModel } | { routing: LoadedRouting });

/** Files that a page fetches once for all paths. */
export interface LoadedRouting {
  router: LoadedFile;
  /** Null where routing is random. */
  features: LoadedFile | null;
}

/** A change of path, and what it cost. */
export interface MoveMade extends Move {
  fetchedBytes: number;
  durationMs: number;
}

/** The events of a prompt, in this order; pieces come at most every few dozen milliseconds, moves between them. */
export interface AnswerListener {
  onRouted(routed: Routed): void;
  onLoading(progress: Progress): void;
  onLoaded(model: LoadedModel): void;
  onPiece(piece: AnswerPiece): void | Promise<void>;
  onMoved(move: MoveMade): void | Promise<void>;
}
