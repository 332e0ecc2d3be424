import type { Split } from '../../plan/types.ts';
import type { Data, DeviceErrorCode } from '../executor.ts';
import type { Stretch } from './lanes.ts';

/** What a lane worker needs of a split plan. */
export type LanePart = Pick<Split, 'items' | 'each' | 'sums'>;

/** Lanes to compute. */
export interface LaneTask {
  readonly lanes: Stretch;
  /** The inputs of all their items. */
  readonly inputs: Readonly<Record<string, Data>>;
  /** States that have changed since this worker's last task. */
  readonly states: Readonly<Record<string, Float32Array>>;
}

/** The sum of `count` lanes from `first` on: a node of the tree along which lanes are added. */
export interface LaneNode {
  readonly first: number;
  readonly count: number;
  readonly values: Float32Array;
}

export interface LaneResult {
  readonly nodes: readonly LaneNode[];
  /** Outputs that do not add up, of all items of the task. */
  readonly rows: Readonly<Record<string, Float32Array>>;
}

/** What is said to a lane worker; `program` names one split plan. Where memory can be shared, arrays are. */
export type ToLane =
  | { readonly type: 'open'; readonly program: number; readonly part: LanePart; readonly module: WebAssembly.Module }
  | { readonly type: 'run'; readonly program: number; readonly task: LaneTask }
  | { readonly type: 'close'; readonly program: number };

/** What a lane worker answers to each `run`. */
export type FromLane =
  | { readonly type: 'done'; readonly program: number; readonly result: LaneResult }
  | { readonly type: 'failed'; readonly program: number; readonly code: DeviceErrorCode; readonly detail: string };

/** A started lane worker. */
export interface LaneWorker {
  post(message: ToLane): void;
  listen(listener: (message: FromLane) => void): void;
  /** Called once when the worker died by itself. */
  onCrash(listener: (detail: string) => void): void;
  /** Whether this process should live on for the worker's sake. */
  hold(held: boolean): void;
  terminate(): void;
}

/** Where lanes are computed besides the thread that opened the executor. */
export interface LaneHost {
  /** Threads in all, at least 1. */
  readonly threads: number;
  spawn(): LaneWorker;
}
