/** The thread that answers prompts and writes exports: tensor arithmetic stays off the coordinator's event loop. */
import { createHash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { parentPort } from 'node:worker_threads';
import { readTokenizer, type Tokenizer } from '@pathfold/corpora/tokenizer';
import { answer, type Question } from '@pathfold/inference/answer';
import { writePath } from '@pathfold/inference/export/files';
import { featuresOnnx, pathOnnx } from '@pathfold/inference/onnx/path-graph';
import { type PathWeights, pathWeights } from '@pathfold/inference/path-weights';
import { routeText } from '@pathfold/inference/route';
import { type FeatureSession, openFeatures, openSession, type PathSession } from '@pathfold/inference/session';
import { PathfoldError } from '@pathfold/protocol/errors';
import type { Router } from '@pathfold/routing/assign/router';
import type { FromWorker, Task, ToWorker } from './messages.ts';
import type { PathSource } from './path-source.ts';

interface HeldPath {
  weights: PathWeights;
  tokenizer: Tokenizer;
  tokenizerJson: Uint8Array;
  /** Opened by the first prompt: exports need none. */
  session: PathSession | null;
  router: Router | null;
  /** Opened by the first text that is routed by features. */
  features: FeatureSession | null;
}

const port = parentPort!;
const held = new Map<string, HeldPath>();
let cancelled = 0;

const send = (message: FromWorker, transfer: ArrayBuffer[] = []): void => port.postMessage(message, transfer);

const hold = (source: PathSource): HeldPath => ({
  weights: pathWeights(source.model, source.levels, source.path, source.modules, source.embedding),
  tokenizer: readTokenizer(new TextDecoder().decode(source.tokenizerJson)),
  tokenizerJson: source.tokenizerJson,
  session: null,
  router: source.router,
  features: null,
});

const perform = async (job: number, path: HeldPath, task: Task): Promise<void> => {
  switch (task.type) {
    case 'write':
      return sendFile(job, new Uint8Array(writePath(task.format, path.weights, path.tokenizerJson, task.notes)));
    case 'features':
      return sendFile(job, featuresOnnx(path.weights));
    case 'route':
      return send({ type: 'routed', job, path: await route(path, task.text) });
    case 'ask':
      return ask(job, path, task.question);
  }
};

const sendFile = (job: number, bytes: Uint8Array<ArrayBuffer>): void => {
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  send({ type: 'file', job, bytes, sha256 }, [bytes.buffer]);
};

const route = async (base: HeldPath, text: Question['prompt']): Promise<string> => {
  const { router, tokenizer } = base;
  if (!router) throw new Error('this path was sent without a router');
  if (router.kind !== 'random') base.features ??= await openFeatures(featuresOnnx(base.weights));
  return router.paths[(await routeText({ router, tokenizer, features: base.features }, text)).path]!;
};

const ask = async (job: number, path: HeldPath, question: Question): Promise<void> => {
  path.session ??= await openSession(pathOnnx(path.weights, { cached: true }));
  const { session, tokenizer, weights } = path;
  for await (const piece of answer({ session, tokenizer, context: weights.context }, question)) {
    // ONNX Runtime never leaves the microtask queue: without a turn of the event loop no cancellation is heard.
    await nextTurn();
    if (cancelled === job) return;
    send({ type: 'piece', job, piece });
  }
};

const failure = (error: unknown): { code: PathfoldError['code']; detail: string } => {
  if (error instanceof PathfoldError) return { code: error.code, detail: error.detail };
  if (error instanceof RangeError) return { code: 'bad_request', detail: error.message };
  return { code: 'internal', detail: error instanceof Error ? error.message : String(error) };
};

port.on('message', async (message: ToWorker) => {
  if (message.type === 'cancel') {
    cancelled = message.job;
    return;
  }
  const { job, key, source, forget, task } = message;
  try {
    // A path that comes again failed before: it begins anew.
    for (const old of source ? [...forget, key] : forget) {
      await held.get(old)?.session?.release();
      await held.get(old)?.features?.release();
      held.delete(old);
    }
    if (source) held.set(key, hold(source));
    const path = held.get(key);
    if (!path) throw new Error(`path ${key} was never sent`);
    await perform(job, path, task);
    send({ type: 'done', job });
  } catch (error) {
    send({ type: 'failed', job, ...failure(error) });
  }
});
