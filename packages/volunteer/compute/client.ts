import { PathfoldError } from '@pathfold/protocol/errors';
import type { WorkResult } from '@pathfold/works/work-run';
import type { Compute, JobPorts } from '../ports.ts';
import type { ComputeWorker, FromCompute, ToCompute } from './messages.ts';

interface Call {
  resolve(value: unknown): void;
  reject(error: PathfoldError): void;
  /** The ports of a job. */
  readonly ports: JobPorts | null;
}

/** The volunteer's end of the compute worker: starts one when needed, and another after a crash. */
export function createCompute(spawn: () => ComputeWorker): Compute {
  let worker: ComputeWorker | null = null;
  let throttle = 1;
  let calls = 0;
  const open = new Map<number, Call>();

  const end = (detail: string) => {
    worker = null;
    const failed = [...open.values()];
    open.clear();
    for (const call of failed) call.reject(new PathfoldError('worker_crashed', detail));
  };

  const ensure = (): ComputeWorker => {
    if (worker) return worker;
    const mine = spawn();
    worker = mine;
    mine.listen((message) => worker === mine && receive(mine, message));
    mine.onCrash((detail) => worker === mine && end(detail));
    mine.post({ type: 'throttle', throttle });
    return mine;
  };

  const receive = (from: ComputeWorker, message: FromCompute) => {
    const call = open.get(message.call);
    if (!call) return;
    const { ports } = call;
    if (message.type === 'done' || message.type === 'failed') {
      open.delete(message.call);
      if (message.type === 'done') call.resolve(message.value);
      else call.reject(new PathfoldError(message.code, message.detail));
    } else if (message.type === 'computing') ports?.onComputing();
    else if (message.type === 'reopened') ports?.onDevice(message.executor);
    else if (message.type === 'progress') ports?.onProgress(message.progress);
    else if (message.type === 'ask-blob' && ports) answer(from, message.question, ports.blob(message.ref));
    else if (message.type === 'ask-kept' && ports) answer(from, message.question, ports.kept(message.name));
  };

  const answer = (to: ComputeWorker, question: number, promise: Promise<Uint8Array | null>) =>
    promise.then(
      (bytes) => to.post({ type: 'answer', question, bytes }),
      (error: unknown) => {
        const known = error instanceof PathfoldError ? error : new PathfoldError('blob_unavailable', String(error));
        to.post({ type: 'refuse', question, code: known.code, detail: known.detail });
      },
    );

  const ask = <T>(message: ToCompute & { readonly call: number }, ports: JobPorts | null = null): Promise<T> =>
    new Promise((resolve, reject) => {
      open.set(message.call, { ports, reject, resolve: resolve as Call['resolve'] });
      ensure().post(message);
    });

  return {
    probe: (choice) => ask({ type: 'probe', call: ++calls, choice }),
    execute(job, ports, signal) {
      const call = ++calls;
      const result = ask<WorkResult>({ type: 'execute', call, job }, ports);
      const target = worker;
      const cut = () => target?.post({ type: 'cut', call });
      if (signal.aborted) cut();
      else signal.addEventListener('abort', cut, { once: true });
      return result;
    },
    setThrottle(next) {
      throttle = next;
      worker?.post({ type: 'throttle', throttle });
    },
    kill() {
      worker?.terminate();
      end('The worker was ended.');
    },
  };
}
