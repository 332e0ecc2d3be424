import type { ModuleRef } from '@pathfold/protocol/blob';
import type { RunSpec } from '@pathfold/protocol/run-spec';

/** The fields of every kind's task that the volunteer's host reads: the path, and the modules to fetch before it begins. */
export interface BriefTask {
  readonly path: string;
  readonly modules: readonly ModuleRef[];
}

/**
 * The coordinator's half of a kind of work whose leases are brief: a path goes on with a text, its tokens stream, and
 * seconds later only the end is logged (answers/mind.ts).
 */
export interface BriefPlan {
  /** As records name it. */
  readonly name: string;
  /** The task for a path at these modules, and the bytes of memory that it takes. */
  offer(
    spec: RunSpec,
    path: string,
    modules: readonly ModuleRef[],
  ): { readonly body: BriefTask; readonly memoryBytes: number };
  /** Why tokens that came do not count, as a sentence; null when they do. */
  admit(ids: readonly number[], vocabulary: number): string | null;
  /** Nothing can follow these tokens. */
  ends(ids: readonly number[]): boolean;
}
