/** The thread that answers prompts and writes exports: tensor arithmetic stays off the coordinator's event loop. */
import { createHash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { parentPort } from 'node:worker_threads';
import { type PathWeights, weightsOf } from '@pathfold/checkpoint/path';
import { readTokenizer, type Tokenizer } from '@pathfold/corpora/tokenizer';
import { answer, type Question, readPrompt } from '@pathfold/inference/answer';
import { continueAnswer, type SessionAt } from '@pathfold/inference/generate';
import { featuresOnnx, pathOnnx } from '@pathfold/inference/onnx/path-graph';
import { rerouting } from '@pathfold/inference/reroute';
import { inNames, type RunRouter, readsFeatures, routeText, type TextRouter } from '@pathfold/inference/route';
import { type FeatureSession, openFeatures, openSession, type PathSession } from '@pathfold/inference/session';
import type { Continuation } from '@pathfold/protocol/continuation';
import { PathfoldError } from '@pathfold/protocol/errors';
import { EXPORTS } from './exports.ts';
import type { FromWorker, Lent, Task, ToWorker, Wanted } from './messages.ts';
import type { PathSource } from './path-source.ts';

interface HeldPath {
  path: string;
  weights: PathWeights;
  tokenizer: Tokenizer;
  tokenizerJson: Uint8Array;
  /** Opened by the first prompt: exports need none. */
  session: PathSession | null;
  /** The router of a base; a path by itself takes every text. */
  router: RunRouter;
  /** Opened by the first text that is routed by features. */
  features: FeatureSession | null;
}

const MOST_EMBEDDED = 8192;
const port = parentPort!;
const held = new Map<string, HeldPath>();
let cancelled = 0;
let lending: { resolve(path: HeldPath): void; reject(error: Error): void } | null = null;

const send = (message: FromWorker, transfer: ArrayBuffer[] = []): void => port.postMessage(message, transfer);

const hold = (source: PathSource): HeldPath => ({
  path: source.path,
  weights: weightsOf(source.shape, source.parameters),
  tokenizer: readTokenizer(new TextDecoder().decode(source.tokenizerJson)),
  tokenizerJson: source.tokenizerJson,
  session: null,
  router: source.router ?? { kind: 'single', paths: [source.path] },
  features: null,
});

const take = async ({ key, source, forget }: Lent): Promise<HeldPath> => {
  // A path that comes again failed before: it begins anew.
  for (const old of source ? [...forget, key] : forget) {
    await held.get(old)?.session?.release();
    await held.get(old)?.features?.release();
    held.delete(old);
  }
  if (source) held.set(key, hold(source));
  const path = held.get(key);
  if (!path) throw new Error(`path ${key} was never sent`);
  return path;
};

const want = (job: number, wanted: Wanted): Promise<HeldPath> =>
  new Promise((resolve, reject) => {
    lending = { resolve, reject };
    send({ type: 'want', job, wanted });
  });

const perform = async (job: number, path: HeldPath, task: Task): Promise<void> => {
  switch (task.type) {
    case 'write':
      return sendFile(
        job,
        new Uint8Array(EXPORTS.get(task.format)!.write(path.weights, path.tokenizerJson, task.notes)),
      );
    case 'features':
      return sendFile(job, featuresOnnx(path.weights));
    case 'embed':
      return embed(job, path, task.text);
    case 'route':
      return route(job, path, task.text);
    case 'continue':
      return goOn(job, path, task.continuation);
    case 'ask':
      return ask(job, path, task.question, task.every);
  }
};

const sendFile = (job: number, bytes: Uint8Array<ArrayBuffer>): void => {
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  send({ type: 'file', job, bytes, sha256 }, [bytes.buffer]);
};

const readerOf = async (base: HeldPath): Promise<TextRouter> => {
  const { router, tokenizer } = base;
  if (readsFeatures(router)) base.features ??= await openFeatures(featuresOnnx(base.weights));
  return { router, tokenizer, features: base.features };
};

/** The mean over windows of a context's length, each by its tokens: a document's feature reads no more at once. */
const embed = async (job: number, base: HeldPath, text: Question['prompt']): Promise<void> => {
  const { width, context } = base.weights.model;
  const ids = readPrompt(base.tokenizer, text).slice(1);
  if (ids.length > MOST_EMBEDDED)
    throw new RangeError(`a text of ${ids.length} tokens: at most ${MOST_EMBEDDED} are embedded`);
  base.features ??= await openFeatures(featuresOnnx(base.weights));
  const sums = new Float64Array(width);
  for (let from = 0; from < ids.length; from += context) {
    const window = ids.slice(from, from + context);
    for (const [d, value] of (await base.features.feature(window)).entries()) sums[d]! += value * window.length;
    await nextTurn();
    if (cancelled === job) return;
  }
  send({
    type: 'embedded',
    job,
    feature: Array.from(sums, (sum) => sum / Math.max(1, ids.length)),
    tokens: ids.length,
  });
};

const route = async (job: number, base: HeldPath, text: Question['prompt']): Promise<void> => {
  const ids = readPrompt(base.tokenizer, text);
  const by = await readerOf(base);
  const routed = inNames(by.router, await routeText(by, ids.slice(1)));
  send({ type: 'routed', job, routed, ids });
};

const sessionOf = async (path: HeldPath): Promise<PathSession> => {
  path.session ??= await openSession(pathOnnx(path.weights, { cached: true }));
  return path.session;
};

/** Sessions of an answer whose path is chosen again as it grows. */
const changing = async (job: number, path: HeldPath, question: Question, every: number): Promise<SessionAt> =>
  rerouting({
    by: await readerOf(await want(job, { base: true })),
    every,
    prompt: readPrompt(path.tokenizer, question.prompt).slice(1),
    first: path.path,
    open: async (id) => sessionOf(await want(job, { path: id })),
    onMove: (move) => send({ type: 'moved', job, move }),
  });

const ask = async (job: number, path: HeldPath, question: Question, every: number | null): Promise<void> => {
  const { tokenizer, weights } = path;
  const session = every === null ? await sessionOf(path) : null;
  const sessionAt = session ? () => session : await changing(job, path, question, every!);
  for await (const piece of answer({ sessionAt, tokenizer, context: weights.model.context }, question)) {
    // ONNX Runtime never leaves the microtask queue: without a turn of the event loop no cancellation is heard.
    await nextTurn();
    if (cancelled === job) return;
    send({ type: 'piece', job, piece });
  }
};

const goOn = async (job: number, path: HeldPath, continuation: Continuation): Promise<void> => {
  for await (const id of continueAnswer(await sessionOf(path), path.weights.model.context, continuation)) {
    await nextTurn();
    if (cancelled === job) return;
    send({ type: 'token', job, id });
  }
};

const failure = (error: unknown): { code: PathfoldError['code']; detail: string } => {
  if (error instanceof PathfoldError) return { code: error.code, detail: error.detail };
  if (error instanceof RangeError) return { code: 'bad_request', detail: error.message };
  return { code: 'internal', detail: error instanceof Error ? error.message : String(error) };
};

port.on('message', async (message: ToWorker) => {
  switch (message.type) {
    case 'cancel':
      cancelled = message.job;
      return;
    case 'lent':
      return take(message.lent).then(lending?.resolve, lending?.reject);
    case 'refused':
      return lending?.reject(new PathfoldError(message.code, message.detail));
  }
  const { job, lent, task } = message;
  try {
    await perform(job, await take(lent), task);
    send({ type: 'done', job });
  } catch (error) {
    send({ type: 'failed', job, ...failure(error) });
  }
});
