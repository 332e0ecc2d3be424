import { PathfoldError } from '@pathfold/protocol/errors';
import type { Compute, JobPorts } from '../ports.ts';
import type { ComputeWorker, FromCompute } from './messages.ts';

interface Call {
  settle(message: FromCompute): void;
  fail(error: PathfoldError): void;
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
    for (const call of failed) call.fail(new PathfoldError('worker_crashed', detail));
  };

  const ensure = (): ComputeWorker => {
    if (worker) return worker;
    const mine = spawn();
    worker = mine;
    mine.listen((message) => {
      if (worker === mine) receive(mine, message);
    });
    mine.onCrash((detail) => {
      if (worker === mine) end(detail);
    });
    mine.post({ type: 'throttle', throttle });
    return mine;
  };

  const receive = (from: ComputeWorker, message: FromCompute) => {
    const call = open.get(message.call);
    if (!call) return;
    if (message.type === 'computing') call.ports?.onComputing();
    else if (message.type === 'reopened') call.ports?.onDevice(message.probe);
    else if (message.type === 'progress') call.ports?.onProgress(message.progress);
    else if (message.type === 'ask-blob' && call.ports) answer(from, message.question, call.ports.blob(message.ref));
    else if (message.type === 'ask-kept' && call.ports) answer(from, message.question, call.ports.kept(message.name));
    else {
      open.delete(message.call);
      call.settle(message);
    }
  };

  const answer = (to: ComputeWorker, question: number, promise: Promise<Uint8Array | null>) =>
    promise.then(
      (bytes) => to.post({ type: 'answer', question, bytes }),
      (error: unknown) => {
        const known = error instanceof PathfoldError ? error : new PathfoldError('blob_unavailable', String(error));
        to.post({ type: 'refuse', question, code: known.code, detail: known.detail });
      },
    );

  const ask = <T>(
    ports: JobPorts | null,
    post: (call: number) => void,
    take: (message: FromCompute) => T,
  ): Promise<T> =>
    new Promise((resolve, reject) => {
      const call = ++calls;
      open.set(call, {
        ports,
        fail: reject,
        settle: (message) =>
          message.type === 'failed' ? reject(new PathfoldError(message.code, message.detail)) : resolve(take(message)),
      });
      post(call);
    });

  return {
    probe: (choice) =>
      ask(
        null,
        (call) => ensure().post({ type: 'probe', call, choice }),
        (message) => {
          if (message.type !== 'probed') throw new Error(message.type);
          return message.probe;
        },
      ),
    execute: (job, ports, signal) =>
      ask(
        ports,
        (call) => {
          const target = ensure();
          target.post({ type: 'execute', call, job });
          const cut = () => target.post({ type: 'cut', call });
          if (signal.aborted) cut();
          else signal.addEventListener('abort', cut, { once: true });
        },
        (message) => {
          if (message.type !== 'done') throw new Error(message.type);
          return message.result;
        },
      ),
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
