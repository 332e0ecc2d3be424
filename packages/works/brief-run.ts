import type { SessionOptions } from '@pathfold/inference/session';
import type { Continuation } from '@pathfold/protocol/continuation';

/** The volunteer's half of a kind of work whose leases are brief. */
export interface BriefRun {
  /** Opens what a task asks for. `modules`: flat float32 parameters as bytes, in the task's order. Throws PathfoldError. */
  open(body: unknown, modules: readonly Uint8Array[], options: SessionOptions): Promise<OpenTask>;
}

/** A task that texts can be gone on with, one at a time. */
export interface OpenTask {
  /** The token ids that follow, as they are drawn. */
  goOn(continuation: Continuation): AsyncIterable<number>;
  release(): Promise<void>;
}
