import type { ComputeChoice } from '@pathfold/coordination/volunteer/state';
import { PathfoldError } from '@pathfold/protocol/errors';
import type { Executor } from '@pathfold/tensors/executors/executor';
import type { Clock } from '@pathfold/training/clock';
import type { WorkPorts, WorkRun } from '@pathfold/works/work-run';
import type { Probe } from '../ports.ts';
import { problemOf } from '../problem.ts';
import type { WorkerPort } from '../threads/port.ts';
import type { FromCompute, ToCompute } from './messages.ts';

/** Opens the device of this worker: the fastest of the choice that computes rightly. */
export type OpenDevice = (choice: ComputeChoice) => Promise<{ readonly executor: Executor; readonly probe: Probe }>;

/** The worker's half of computing: owns the device, does one piece of work at a time. */
export function serveCompute(
  port: WorkerPort<FromCompute, ToCompute>,
  runOf: (kind: string) => Promise<WorkRun | null>,
  openDevice: OpenDevice,
  clock: Clock,
): void {
  let executor: Executor | null = null;
  let choice: ComputeChoice = 'automatic';
  let throttle = 1;
  let questions = 0;
  const asked = new Map<number, { resolve(bytes: Uint8Array | null): void; reject(error: Error): void }>();
  const cuts = new Map<number, AbortController>();

  const ask = (say: (question: number) => FromCompute): Promise<Uint8Array | null> =>
    new Promise((resolve, reject) => {
      const question = ++questions;
      asked.set(question, { resolve, reject });
      port.post(say(question));
    });

  async function open(wanted: ComputeChoice): ReturnType<OpenDevice> {
    executor?.dispose();
    executor = null;
    choice = wanted;
    const device = await openDevice(wanted);
    executor = device.executor;
    return device;
  }

  async function execute({ call, job }: Extract<ToCompute, { type: 'execute' }>): Promise<void> {
    if (!executor) throw new PathfoldError('device_lost', 'No device is open.');
    const control = new AbortController();
    cuts.set(call, control);
    const deadline = clock.now() + job.deadlineMs;
    const remainingMs = () => deadline - clock.now();
    const ports: WorkPorts = {
      executor,
      async reopen() {
        const device = await open(choice);
        port.post({ type: 'reopened', call, probe: device.probe });
        return device.executor;
      },
      blob: async (ref) => {
        const bytes = await ask((question) => ({ type: 'ask-blob', question, call, ref }));
        if (!bytes) throw new PathfoldError('blob_unavailable');
        return bytes;
      },
      kept: (name) => ask((question) => ({ type: 'ask-kept', question, call, name })),
      clock: {
        now: () => clock.now(),
        // A throttle's rest that went on beyond the deadline would cost the steps before it.
        sleep: (ms, signal) => clock.sleep(Math.min(ms, Math.max(0, remainingMs())), signal),
      },
      remainingMs,
      signal: control.signal,
      throttle: () => throttle,
      onComputing: () => port.post({ type: 'computing', call }),
      onProgress: (progress) => port.post({ type: 'progress', call, progress }),
    };
    const result = await executeIn(job, ports).finally(() => cuts.delete(call));
    port.post({ type: 'done', call, result }, buffersOf([result.payload, result.keep?.bytes]));
  }

  async function executeIn({ kind, body }: Extract<ToCompute, { type: 'execute' }>['job'], ports: WorkPorts) {
    const work = await runOf(kind);
    if (!work) throw new PathfoldError('bad_message', `This volunteer does not know the kind of work ${kind}.`);
    return work.execute(body, ports);
  }

  const orFail = (call: number, work: Promise<void>) =>
    work.catch((error: unknown) => port.post({ type: 'failed', call, ...problemOf(error) }));

  port.listen((message) => {
    switch (message.type) {
      case 'probe':
        void orFail(
          message.call,
          open(message.choice).then(({ probe }) => port.post({ type: 'probed', call: message.call, probe })),
        );
        break;
      case 'execute':
        void orFail(message.call, execute(message));
        break;
      case 'cut':
        cuts.get(message.call)?.abort();
        break;
      case 'throttle':
        throttle = message.throttle;
        break;
      case 'answer':
        asked.get(message.question)?.resolve(message.bytes);
        asked.delete(message.question);
        break;
      case 'refuse':
        asked.get(message.question)?.reject(new PathfoldError(message.code, message.detail));
        asked.delete(message.question);
        break;
    }
  });
}

/** The buffers that can be moved instead of copied: those that a view fills alone. */
const buffersOf = (views: readonly (Uint8Array | undefined)[]): ArrayBuffer[] => [
  ...new Set(
    views.flatMap((view) =>
      view?.buffer instanceof ArrayBuffer && view.byteLength === view.buffer.byteLength ? view.buffer : [],
    ),
  ),
];
