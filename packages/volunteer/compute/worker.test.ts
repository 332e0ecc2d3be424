import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { PathfoldError } from '@pathfold/protocol/errors';
import type { Executor } from '@pathfold/tensors/executors/executor';
import { type Clock, systemClock } from '@pathfold/training/clock';
import { NOTHING_DONE, type WorkPorts, type WorkResult, type WorkRun } from '@pathfold/works/work-run';
import { afterEach, expect, test } from 'vitest';
import type { JobPorts } from '../ports.ts';
import type { WorkerPort } from '../threads/port.ts';
import { createCompute } from './client.ts';
import type { ComputeWorker, FromCompute, ToCompute } from './messages.ts';
import { spawnNodeCompute } from './node.ts';
import { serveCompute } from './worker.ts';

const ports: JobPorts = {
  blob: async () => Uint8Array.of(1, 2),
  kept: async (name) => new TextEncoder().encode(name),
  onComputing: () => {},
  onDevice: () => {},
  onProgress: () => {},
};
const executor = { name: 'wasm', adapter: 'toy', dispose: () => {} } as unknown as Executor;
const info = { name: 'wasm', adapter: 'toy', tokensPerSecond: 5 };
const ended: (() => void)[] = [];
afterEach(() => {
  for (const end of ended.splice(0)) end();
});

const end = <Out, In>(port: MessagePort): WorkerPort<Out, In> => ({
  post: (message, transfer) => port.postMessage(message, [...(transfer ?? [])]),
  listen: (listener) => port.on('message', listener),
});

/** Compute over a channel of this thread, with one toy kind of work. Crashes are played by the test. */
function playedCompute(execute: (body: unknown, ports: WorkPorts) => Promise<WorkResult>, clock: Clock = systemClock) {
  const spawned: { crash(detail: string): void }[] = [];
  const toy: WorkRun = { name: 'toy', execute };
  const compute = createCompute(() => {
    const { port1, port2 } = new MessageChannel();
    ended.push(() => port1.close());
    serveCompute(
      end<FromCompute, ToCompute>(port2),
      async (kind) => (kind === toy.name ? toy : null),
      async () => ({ executor, info }),
      clock,
    );
    let crashed: (detail: string) => void = () => {};
    spawned.push({ crash: (detail) => crashed(detail) });
    const worker: ComputeWorker = {
      ...end<ToCompute, FromCompute>(port1),
      onCrash(listener) {
        crashed = listener;
      },
      terminate: () => port1.close(),
    };
    return worker;
  });
  return { compute, spawned };
}
const job = { kind: 'toy', body: { path: '0' }, deadlineMs: 1000 };

test('work asks for its blobs and kept state, tells its progress, and answers its result', async () => {
  const { compute } = playedCompute(async (body, work) => {
    const blob = await work.blob({ sha256: 'a', bytes: 2 });
    const kept = await work.kept('path 0');
    work.onProgress({ steps: 1, loss: 2, tokensPerSecond: 3 });
    expect(work.remainingMs()).toBeGreaterThan(0);
    return { ...NOTHING_DONE, payload: Uint8Array.of(...blob, ...kept!), steps: Object.keys(body as object).length };
  });
  const progress: unknown[] = [];
  expect(await compute.probe('cpu')).toEqual(info);
  const onProgress = (one: unknown) => progress.push(one);
  const result = await compute.execute(job, { ...ports, onProgress }, new AbortController().signal);
  expect(result).toMatchObject({ steps: 1, payload: Uint8Array.of(1, 2, ...new TextEncoder().encode('path 0')) });
  expect(progress).toEqual([{ steps: 1, loss: 2, tokensPerSecond: 3 }]);
});

test('an abort reaches the work; the throttle too, also one that was set before', async () => {
  const { compute } = playedCompute(async (_body, work) => {
    await new Promise((resolve) => work.signal.addEventListener('abort', resolve));
    return { ...NOTHING_DONE, steps: work.throttle() * 100 };
  });
  compute.setThrottle(0.25);
  await compute.probe('cpu');
  const control = new AbortController();
  const result = compute.execute(job, ports, control.signal);
  control.abort();
  expect((await result).steps).toBe(25);
});

test("a throttle's rest ends with the time of the work", async () => {
  const rests: number[] = [];
  let now = 5;
  const clock: Clock = {
    now: () => now,
    async sleep(ms) {
      rests.push(ms);
      now += ms;
    },
  };
  const { compute } = playedCompute(async (_body, work) => {
    for (const ms of [400, 4500, 50]) await work.clock.sleep(ms, work.signal);
    return NOTHING_DONE;
  }, clock);
  await compute.probe('cpu');
  await compute.execute(job, ports, new AbortController().signal);
  expect(rests).toEqual([400, 600, 0]);
});

test('errors keep their codes across the worker', async () => {
  const errors = [
    [new PathfoldError('loss_not_finite', 'step 3'), { code: 'loss_not_finite', detail: 'step 3' }],
    [Object.assign(new Error('lost'), { code: 'device_lost' }), { code: 'device_lost' }],
    [new RangeError('Array buffer allocation failed'), { code: 'out_of_memory' }],
    [new TypeError('x is undefined'), { code: 'worker_crashed', detail: 'x is undefined' }],
  ] as const;
  for (const [error, expected] of errors) {
    const { compute } = playedCompute(() => Promise.reject(error));
    await compute.probe('cpu');
    await expect(compute.execute(job, ports, new AbortController().signal)).rejects.toMatchObject(expected);
  }
  const { compute } = playedCompute(async (_body, work) => {
    await work.blob({ sha256: 'a', bytes: 2 });
    return NOTHING_DONE;
  });
  await compute.probe('cpu');
  const blob = () => Promise.reject(new PathfoldError('blob_unavailable', 'gone'));
  const missing = compute.execute(job, { ...ports, blob }, new AbortController().signal);
  await expect(missing).rejects.toMatchObject({ code: 'blob_unavailable', detail: 'gone' });
});

test('work goes on on another device after one was lost, and the volunteer hears of it', async () => {
  const { compute } = playedCompute(async (_body, work) => {
    expect(await work.reopen!()).toBe(executor);
    return { ...NOTHING_DONE, steps: 1 };
  });
  await compute.probe('cpu');
  const found: unknown[] = [];
  const onDevice = (device: unknown) => found.push(device);
  expect(await compute.execute(job, { ...ports, onDevice }, new AbortController().signal)).toMatchObject({ steps: 1 });
  expect(found).toEqual([info]);
});

test('a crash fails what was running, and the next probe starts another worker', async () => {
  const { compute, spawned } = playedCompute(() => new Promise(() => {}));
  await compute.probe('cpu');
  const running = compute.execute(job, ports, new AbortController().signal);
  spawned[0]!.crash('segmentation fault');
  await expect(running).rejects.toMatchObject({ code: 'worker_crashed', detail: 'segmentation fault' });
  expect(await compute.probe('cpu')).toEqual(info);
  expect(spawned).toHaveLength(2);
});

test('the real worker of Node: finds a device, refuses unknown work, and ends when told', async () => {
  const compute = createCompute(spawnNodeCompute);
  ended.push(() => compute.kill());
  expect((await compute.probe('cpu')).tokensPerSecond).toBeGreaterThan(0);
  const unknown = compute.execute({ ...job, kind: 'knitting' }, ports, new AbortController().signal);
  await expect(unknown).rejects.toMatchObject({ code: 'bad_message' });
  const running = compute.probe('cpu');
  compute.kill();
  await expect(running).rejects.toMatchObject({ code: 'worker_crashed' });
});
