import type { BlobStore } from '@pathfold/blobs/blob-store';
import type { BlobRef, ModuleRef } from '@pathfold/protocol/blob';
import type { RunSpec } from '@pathfold/protocol/run-spec';
import type { FastifyRequest } from 'fastify';
import type { Network } from './network.ts';

/** A run as prompts and exports need it. */
export interface PromptRun {
  id: string;
  spec: RunSpec;
  /** ISO 8601. */
  createdAt: string;
  corpusName: string;
  /** Every module at its newest version; empty while the run is preparing. */
  modules: readonly ModuleRef[];
  /** By path of which another version than the newest answers (stopped early, or the best one at the run's end), its modules. */
  kept?: Readonly<Record<string, readonly ModuleRef[]>>;
  /** Path ids: one expert a level, `0` or `0-3`. */
  paths: readonly string[];
  /** `tokenizer.json`; null while the run is preparing. */
  tokenizer: BlobRef | null;
  /** The frozen dense path that routing reads documents with, in order (embedding, one level, head); null without one. */
  base: readonly ModuleRef[] | null;
  /** The newest router; null with one path, and while documents are not routed yet. */
  router: BlobRef | null;
}

export interface PromptRuns {
  get(id: string): Promise<PromptRun | null>;
  list(): Promise<PromptRun[]>;
}

/** The part of the coordinator that the prompt routes use. */
export interface PromptDeps {
  runs: PromptRuns;
  blobs: BlobStore;
  /** The volunteers that answer prompts. */
  network: Network;
  /** The volunteers that have worked on a path, and so hold its modules. */
  holdersOf(run: string, path: string): readonly string[];
  /** The volunteers whose memory does not hold so many bytes beside their work in hand. */
  withoutRoom(bytes: number): readonly string[];
  /** PATHFOLD_PROMPT_KEY; null when anyone may prompt. */
  promptKey: string | null;
  /** Whether the request carries an operator's token or session: it may read private runs. */
  isOperator(request: FastifyRequest): boolean;
}
