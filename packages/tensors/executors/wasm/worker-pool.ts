import { DeviceError } from '../executor.ts';
import type {
  ChunkPlan,
  ChunkResult,
  ChunkTask,
  FromWorker,
  PoolWorker,
  ToWorker,
  WorkerHost,
} from './worker-messages.ts';

interface Waiting {
  resolve(result: ChunkResult): void;
  reject(error: DeviceError): void;
}

/** The other threads of an executor. When one of them dies, all work fails from then on. */
export class WorkerPool {
  readonly #workers: readonly PoolWorker[];
  /** By worker and program. */
  readonly #waiting = new Map<string, Waiting>();
  #failure: DeviceError | null = null;
  #programs = 0;

  constructor(
    private readonly module: WebAssembly.Module,
    host: WorkerHost,
  ) {
    this.#workers = Array.from({ length: host.threads - 1 }, () => host.spawn());
    this.#workers.forEach((worker, index) => {
      worker.hold(false);
      worker.listen((message) => this.#receive(index, message));
      worker.onCrash((detail) => this.#end(new DeviceError('device_lost', `a worker ended: ${detail}`)));
    });
  }

  /** Besides this thread. */
  get size(): number {
    return this.#workers.length;
  }

  open(part: ChunkPlan): number {
    const program = ++this.#programs;
    this.#tellAll({ type: 'open', program, part, module: this.module });
    return program;
  }

  /** Lets one worker compute. Throws `DeviceError`. */
  run(index: number, program: number, task: ChunkTask): Promise<ChunkResult> {
    return new Promise((resolve, reject) => {
      if (this.#failure) return reject(this.#failure);
      this.#waiting.set(`${index} ${program}`, { resolve, reject });
      this.#workers[index]!.hold(true);
      this.#workers[index]!.post({ type: 'run', program, task });
    });
  }

  close(program: number): void {
    this.#tellAll({ type: 'close', program });
  }

  dispose(): void {
    this.#end(new DeviceError('device_lost', 'the executor was disposed'));
  }

  #tellAll(message: ToWorker): void {
    if (!this.#failure) for (const worker of this.#workers) worker.post(message);
  }

  #receive(index: number, message: FromWorker): void {
    const key = `${index} ${message.program}`;
    const waiting = this.#waiting.get(key);
    this.#waiting.delete(key);
    this.#workers[index]!.hold(false);
    if (message.type === 'done') waiting?.resolve(message.result);
    else waiting?.reject(new DeviceError(message.code, message.detail));
  }

  #end(failure: DeviceError): void {
    if (this.#failure) return;
    this.#failure = failure;
    for (const worker of this.#workers) worker.terminate();
    for (const waiting of this.#waiting.values()) waiting.reject(failure);
    this.#waiting.clear();
  }
}
