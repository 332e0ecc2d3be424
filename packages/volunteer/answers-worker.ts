import { continueAnswer } from '@pathfold/inference/generate';
import { pathOnnx } from '@pathfold/inference/onnx/path-graph';
import { pathWeights } from '@pathfold/inference/path-weights';
import { openSession, type PathSession, type SessionOptions } from '@pathfold/inference/session';
import type { FromAnswers, ToAnswers } from './answer-words.ts';
import type { WorkerPort } from './worker-port.ts';

/** Tokens go out together at most this often: a socket may carry so many messages a second. */
const TOKENS_EVERY_MS = 50;

type Ask = Extract<ToAnswers, { type: 'ask' }>;

/**
 * The worker's half of answering: one path open at a time, one answer at a time. `nextTurn`: a turn of the event loop, in
 * which a `hush` is heard.
 */
export function serveAnswers(
  port: WorkerPort<FromAnswers, ToAnswers>,
  options: SessionOptions,
  clock: { now(): number; nextTurn(): Promise<void> },
): void {
  /** Leases that were asked for and not hushed since. */
  const wanted = new Set<string>();
  let opened: { readonly key: string; readonly session: PathSession } | null = null;
  let tail: Promise<unknown> = Promise.resolve();

  async function open({ task, modules }: Ask): Promise<PathSession> {
    const key = JSON.stringify(task);
    if (opened?.key === key) return opened.session;
    await opened?.session.release();
    opened = null;
    const floats = modules.map((bytes) => new Float32Array(bytes.slice().buffer));
    const byName = new Map(task.modules.map(({ name }, i) => [name, floats[i]!]));
    const weights = pathWeights(task.model, task.levels, task.path, byName, task.embedding);
    opened = { key, session: await openSession(pathOnnx(weights, { cached: true }), options) };
    return opened.session;
  }

  async function answer(ask: Ask): Promise<void> {
    const { lease, task, continuation } = ask;
    if (!wanted.has(lease)) return;
    let ids: number[] = [];
    let sentAt = Number.NEGATIVE_INFINITY;
    const session = await open(ask);
    for await (const id of continueAnswer(session, task.model.context, continuation)) {
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
        await opened?.session.release().catch(() => {});
        opened = null;
        port.post({ type: 'failed', lease: message.lease, detail: String((error as Error)?.message ?? error) });
      })
      .finally(() => wanted.delete(message.lease));
  });
}
