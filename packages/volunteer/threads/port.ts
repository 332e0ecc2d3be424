/** One end of a worker's channel. */
export interface WorkerPort<Out, In> {
  post(message: Out, transfer?: readonly ArrayBuffer[]): void;
  listen(listener: (message: In) => void): void;
}

/** A started worker, seen from who started it. */
export interface StartedWorker<Out, In> extends WorkerPort<Out, In> {
  /** Called once when the worker died by itself. */
  onCrash(listener: (detail: string) => void): void;
  terminate(): void;
}
