import type { SessionOptions } from '@pathfold/inference/session';
import type { BriefRun, OpenTask } from '@pathfold/works/brief-run';
import type { WorkerPort } from '../threads/port.ts';
import type { FromAnswers, ToAnswers } from './messages.ts';

/** Tokens go out together at most this often: a socket may carry so many messages a second. */
const TOKENS_EVERY_MS = 50;

type Ask = Extract<ToAnswers, { type: 'ask' }>;

/**
 * The worker's half of answering: one task open at a time, one answer at a time. `loadRun` loads the kind's half, at once: who asks
 * waits seconds only. `nextTurn`: a turn of the event loop, in which a `hush` is heard.
 */
export function serveAnswers(
  port: WorkerPort<FromAnswers, ToAnswers>,
  loadRun: () => Promise<BriefRun>,
  options: SessionOptions,
  clock: { now(): number; nextTurn(): Promise<void> },
): void {
  const run = loadRun();
  run.catch((error: unknown) => {
    // Outside of the promise it is the worker's crash, after which a new one loads it again.
    setTimeout(() => {
      throw error;
    });
  });
  /** Leases that were asked for and not hushed since. */
  const wanted = new Set<string>();
  let opened: { readonly key: string; readonly task: OpenTask } | null = null;
  let tail: Promise<unknown> = Promise.resolve();

  async function open({ body, modules }: Ask): Promise<OpenTask> {
    const key = JSON.stringify(body);
    if (opened?.key === key) return opened.task;
    await opened?.task.release();
    opened = null;
    opened = { key, task: await (await run).open(body, modules, options) };
    return opened.task;
  }

  async function answer(ask: Ask): Promise<void> {
    const { lease, continuation } = ask;
    if (!wanted.has(lease)) return;
    let ids: number[] = [];
    let sentAt = Number.NEGATIVE_INFINITY;
    const task = await open(ask);
    for await (const id of task.goOn(continuation)) {
      await clock.nextTurn();
      if (!wanted.has(lease)) return;
      ids.push(id);
      if (clock.now() - sentAt < TOKENS_EVERY_MS) continue;
      port.post({ type: 'tokens', lease, ids, end: false });
      ids = [];
      sentAt = clock.now();
    }
    port.post({ type: 'tokens', lease, ids, end: true });
  }

  port.listen((message) => {
    if (message.type === 'hush') {
      wanted.delete(message.lease);
      return;
    }
    wanted.add(message.lease);
    tail = tail
      .then(() => answer(message))
      .catch(async (error: unknown) => {
        await opened?.task.release().catch(() => {});
        opened = null;
        port.post({ type: 'failed', lease: message.lease, detail: String((error as Error)?.message ?? error) });
      })
      .finally(() => wanted.delete(message.lease));
  });
}
