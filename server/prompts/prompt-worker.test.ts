import { EventEmitter } from 'node:events';
import { expect, test, vi } from 'vitest';
import type { FromWorker, ToWorker } from './messages.ts';
import type { PathSource, PathVersion } from './path-source.ts';
import { PromptWorker } from './prompt-worker.ts';

const posted: ToWorker[] = [];
let failing = false;

/** A thread that only keeps what it is sent, and is done or has failed. */
vi.mock('node:worker_threads', () => ({
  Worker: class extends EventEmitter {
    postMessage(message: ToWorker) {
      posted.push(message);
      if (message.type !== 'job') return;
      const { job } = message;
      const failed = { type: 'failed', job, code: 'internal', detail: 'broken' } satisfies FromWorker;
      queueMicrotask(() => this.emit('message', failing ? failed : { type: 'done', job }));
    }
  },
}));

const source = { modules: new Map() } as unknown as PathSource;
const versionOf = (key: string, load = async () => source): PathVersion => ({ key, load }) as unknown as PathVersion;
const QUESTION = { prompt: '', maxTokens: 1, stop: [], temperature: 1, topP: 1, topK: null, seed: 1 };

test('the thread forgets what failed, and keeps what nothing took the place of', async () => {
  const worker = new PromptWorker(4);
  const ask = async (version: PathVersion, signal = new AbortController().signal) => {
    for await (const _ of worker.ask(version, QUESTION, null, signal));
    const last = posted.at(-1);
    return last?.type === 'job' ? { isSent: last.lent.source !== null, forget: last.lent.forget } : null;
  };
  for (const key of ['a', 'b', 'c']) expect(await ask(versionOf(key))).toEqual({ isSent: true, forget: [] });
  failing = true;
  await expect(ask(versionOf('d'))).rejects.toThrow();
  failing = false;
  expect(await ask(versionOf('e'))).toEqual({ isSent: true, forget: ['d'] });

  const control = new AbortController();
  const leaving = versionOf('f', async () => {
    control.abort();
    return source;
  });
  await expect(ask(leaving, control.signal)).rejects.toThrow();
  expect(await ask(versionOf('a'))).toMatchObject({ isSent: false });
});
