import type { AnswerPiece, Question } from '@pathfold/inference/answer';

/** What the page asks of its worker, over Comlink. */
export interface PromptDoor {
  /** Fetches what is needed before any prompt: the only path, or what routes prompts to one of several. Once, before `ask`. */
  open(order: RunOrder, onProgress: (progress: Progress) => void): Promise<OpenedRun>;
  /** Routes a prompt, fetches its path and answers until the end or until `stop`. */
  ask(question: Question & { prompt: string }, listener: AnswerListener): Promise<void>;
  stop(): void;
}

export interface RunOrder {
  runId: string;
  /** The only path; null where there are several, and a router. */
  path: string | null;
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

export type OpenedRun = { model: LoadedModel } | { routing: LoadedRouting };

/** What a page fetches once for all paths. */
export interface LoadedRouting {
  kind: string;
  routerBytes: number;
  /** Null where routing is random. */
  features: LoadedModel | null;
}

/** What comes of a prompt, in this order; pieces come at most every few dozen milliseconds. */
export interface AnswerListener {
  onRouted(routed: Routed): void;
  onLoading(progress: Progress): void;
  onLoaded(model: LoadedModel): void;
  onPiece(piece: AnswerPiece): void | Promise<void>;
}

/** Where a prompt goes, and which path came second. */
export interface Routed {
  path: string;
  runnerUp: string | null;
  /** Of a discriminative router. */
  probability: number | null;
}
