import { EventEmitter } from 'node:events';
import type { ErrorCode } from '@pathfold/protocol/errors';
import { expect, test, vi } from 'vitest';
import type { FromWorker, ToWorker } from './messages.ts';
import type { PathSource, PathVersion } from './path-source.ts';
import { PromptWorker } from './prompt-worker.ts';

const posted: ToWorker[] = [];
let failing: ErrorCode | null = null;
let silent = false;

/** A thread that only keeps what it is sent, and is done or has failed. */
vi.mock('node:worker_threads', () => ({
  Worker: class extends EventEmitter {
    postMessage(message: ToWorker) {
      posted.push(message);
      if (message.type !== 'job') return;
      if (silent) return;
      const { job } = message;
      const answer: FromWorker = failing
        ? { type: 'failed', job, code: failing, detail: 'broken' }
        : { type: 'done', job };
      queueMicrotask(() => this.emit('message', answer));
    }
  },
}));

const source = { parameters: [] } as unknown as PathSource;
const versionOf = (key: string, load = async () => source): PathVersion => ({ key, load }) as unknown as PathVersion;
const QUESTION = { prompt: '', maxTokens: 1, stop: [], temperature: 1, topP: 1, topK: null, seed: 1 };

async function ask(worker: PromptWorker, version: PathVersion, signal = new AbortController().signal) {
  for await (const _ of worker.ask(version, QUESTION, null, signal));
  const last = posted.at(-1);
  return last?.type === 'job' ? { isSent: last.lent.source !== null, forget: last.lent.forget } : null;
}

test('what a client asked wrongly costs no path', async () => {
  const worker = new PromptWorker(4);
  await ask(worker, versionOf('a'));
  failing = 'bad_request';
  await expect(ask(worker, versionOf('a'))).rejects.toThrow();
  failing = null;
  expect(await ask(worker, versionOf('a'))).toEqual({ isSent: false, forget: [] });
});

test('an export whose asker has hung up leaves the queue', async () => {
  const worker = new PromptWorker(1);
  const notes = { runName: '', path: '0', round: 1, corpusName: '', licence: '' };
  silent = true;
  const inHand = worker.write(versionOf('a'), 'onnx', notes, new AbortController().signal);
  inHand.catch(() => {});
  const control = new AbortController();
  const waiting = worker.write(versionOf('b'), 'onnx', notes, control.signal);
  control.abort(new Error('hung up'));
  await expect(waiting).rejects.toThrow('hung up');
  // The one place is free again.
  const next = new AbortController();
  const last = worker.write(versionOf('c'), 'onnx', notes, next.signal);
  next.abort(new Error('hung up too'));
  await expect(last).rejects.toThrow('hung up too');
  silent = false;
});

test('the thread forgets what failed, and keeps what nothing took the place of', async () => {
  const worker = new PromptWorker(4);
  for (const key of ['a', 'b', 'c']) expect(await ask(worker, versionOf(key))).toEqual({ isSent: true, forget: [] });
  failing = 'internal';
  await expect(ask(worker, versionOf('d'))).rejects.toThrow();
  failing = null;
  expect(await ask(worker, versionOf('e'))).toEqual({ isSent: true, forget: ['d'] });

  const control = new AbortController();
  const leaving = versionOf('f', async () => {
    control.abort();
    return source;
  });
  await expect(ask(worker, leaving, control.signal)).rejects.toThrow();
  expect(await ask(worker, versionOf('a'))).toMatchObject({ isSent: false });
});
