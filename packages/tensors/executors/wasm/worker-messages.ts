import type { Split } from '../../plan/types.ts';
import type { Data, DeviceErrorCode } from '../executor.ts';
import type { Range } from './chunks.ts';

/** The part of a split plan that a worker needs. */
export type ChunkPlan = Pick<Split, 'items' | 'each' | 'sums'>;

/** Chunks to compute. */
export interface ChunkTask {
  readonly chunks: Range;
  /** The inputs of all their items. */
  readonly inputs: Readonly<Record<string, Data>>;
  /** States that have changed since this worker's last task. */
  readonly states: Readonly<Record<string, Float32Array>>;
}

/** The sum of `count` chunks from `first` on: a node of the tree along which chunks are added. */
export interface ChunkSum {
  readonly first: number;
  readonly count: number;
  readonly values: Float32Array;
}

export interface ChunkResult {
  readonly nodes: readonly ChunkSum[];
  /** Outputs that do not add up, of all items of the task. */
  readonly rows: Readonly<Record<string, Float32Array>>;
}

/** Messages to a worker. `program` names one split plan. Arrays are shared where memory can be shared. */
export type ToWorker =
  | { readonly type: 'open'; readonly program: number; readonly part: ChunkPlan; readonly module: WebAssembly.Module }
  | { readonly type: 'run'; readonly program: number; readonly task: ChunkTask }
  | { readonly type: 'close'; readonly program: number };

/** A worker's answer to each `run`. */
export type FromWorker =
  | { readonly type: 'done'; readonly program: number; readonly result: ChunkResult }
  | { readonly type: 'failed'; readonly program: number; readonly code: DeviceErrorCode; readonly detail: string };

/** A started worker. */
export interface PoolWorker {
  post(message: ToWorker): void;
  listen(listener: (message: FromWorker) => void): void;
  /** Called once when the worker died by itself. */
  onCrash(listener: (detail: string) => void): void;
  /** Whether this process should live on for the worker's sake. */
  hold(held: boolean): void;
  terminate(): void;
}

/** Where chunks are computed besides the thread that opened the executor. */
export interface WorkerHost {
  /** Threads in all, at least 1. */
  readonly threads: number;
  spawn(): PoolWorker;
}
