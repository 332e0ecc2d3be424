import type { Json } from '@pathfold/coordination/work-plan';
import type { Executor } from '@pathfold/tensors/executors/executor';

export interface RunPorts {
  /** Opens what computes; its name goes into the result's file. Whoever opens it disposes of it. */
  openExecutor(): Promise<Executor>;
  /** Bytes that several arms share (a base): made once by whoever comes first, and kept outside the repository's files. */
  cached(name: string, config: Json, make: () => Promise<Uint8Array>): Promise<Uint8Array>;
  /** A line for people who wait. */
  say(text: string): void;
}
