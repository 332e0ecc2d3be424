import type { ComputeChoice } from '@pathfold/coordination/volunteer/state';
import { PathfoldError } from '@pathfold/protocol/errors';
import type { ExecutorInfo } from '@pathfold/protocol/report';
import type { Executor } from '@pathfold/tensors/executors/executor';
import type { Clock } from '@pathfold/training/clock';
import type { WorkPorts, WorkResult, WorkRun } from '@pathfold/works/work-run';
import type { Job } from '../ports.ts';
import { problemOf } from '../problem.ts';
import type { WorkerPort } from '../threads/port.ts';
import type { FromCompute, ToCompute } from './messages.ts';

/** Opens the device of this worker: the fastest of the choice that computes rightly. */
export type OpenDevice = (
  choice: ComputeChoice,
) => Promise<{ readonly executor: Executor; readonly info: ExecutorInfo }>;

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

  async function execute(call: number, { kind, body, deadlineMs }: Job): Promise<WorkResult> {
    if (!executor) throw new PathfoldError('device_lost', 'No device is open.');
    const control = new AbortController();
    cuts.set(call, control);
    const deadline = clock.now() + deadlineMs;
    const remainingMs = () => deadline - clock.now();
    const ports: WorkPorts = {
      executor,
      async reopen() {
        const device = await open(choice);
        port.post({ type: 'reopened', call, executor: device.info });
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
    try {
      const work = await runOf(kind);
      if (!work) throw new PathfoldError('bad_message', `This volunteer does not know the kind of work ${kind}.`);
      return await work.execute(body, ports);
    } finally {
      cuts.delete(call);
    }
  }

  const answer = (call: number, work: Promise<ExecutorInfo | WorkResult>) =>
    work
      .then((value) => port.post({ type: 'done', call, value }, 'payload' in value ? buffersOf(value) : []))
      .catch((error: unknown) => port.post({ type: 'failed', call, ...problemOf(error) }));

  port.listen((message) => {
    switch (message.type) {
      case 'probe':
        void answer(
          message.call,
          open(message.choice).then(({ info }) => info),
        );
        break;
      case 'execute':
        void answer(message.call, execute(message.call, message.job));
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
const buffersOf = ({ payload, keep }: WorkResult): ArrayBuffer[] => [
  ...new Set(
    [payload, keep?.bytes].flatMap((view) =>
      view?.buffer instanceof ArrayBuffer && view.byteLength === view.buffer.byteLength ? view.buffer : [],
    ),
  ),
];
