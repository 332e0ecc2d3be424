import type { BlobStore } from '@pathfold/blobs/blob-store';
import type { BlobRef, ModuleRef } from '@pathfold/protocol/blob';
import type { RunSpec } from '@pathfold/protocol/run-spec';
import type { FastifyRequest } from 'fastify';

/** A run as prompts and exports need it. */
export interface PromptRun {
  id: string;
  spec: RunSpec;
  /** ISO 8601. */
  createdAt: string;
  corpus: { name: string; licence: string };
  /** Every module at its newest version; empty while the run is preparing. */
  modules: ModuleRef[];
  /** Path ids: one expert a level, `0` or `0-3`. */
  paths: string[];
  /** `tokenizer.json`. */
  tokenizer: BlobRef;
}

export interface PromptRuns {
  /** The run, or null when there is none with this id or its tokenizer does not exist yet. */
  get(id: string): PromptRun | null | Promise<PromptRun | null>;
  list(): PromptRun[] | Promise<PromptRun[]>;
}

/** What the prompt routes need of the coordinator. */
export interface PromptDeps {
  runs: PromptRuns;
  blobs: BlobStore;
  /** PATHFOLD_PROMPT_KEY; null when anyone may prompt. */
  promptKey: string | null;
  /** Whether the request carries an operator's token or session: it may read private runs. */
  isOperator(request: FastifyRequest): boolean;
}
