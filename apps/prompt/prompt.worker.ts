import { readTokenizer, type Tokenizer } from '@pathfold/corpora/tokenizer';
import { answer } from '@pathfold/inference/answer';
import { routeText } from '@pathfold/inference/route';
import { type FeatureSession, openFeatures, openSession, type PathSession } from '@pathfold/inference/session';
import { PathfoldError } from '@pathfold/protocol/errors';
import * as Comlink from 'comlink';
import { fetchFeatures, fetchPath, fetchRouter, fetchTokenizer } from './fetch-model.ts';
import type { LoadedModel, Progress, PromptDoor, Routed, RunOrder } from './worker-words.ts';

/** Text reaches the page at most this often; between two pieces the worker hears whether it should stop. */
const PIECE_EVERY_MS = 40;
const RUNTIME = { runtimeUrl: new URL('/ort/', location.origin).href };

interface OpenRun {
  readonly order: RunOrder;
  readonly tokenizer: Tokenizer;
  readonly features: FeatureSession | null;
}
let run: OpenRun | null = null;
let path: { readonly session: PathSession; readonly model: LoadedModel } | null = null;
let stopped = false;

/** Comlink carries only the message, and people need only the sentence. */
const inWords = <T>(work: Promise<T>): Promise<T> =>
  work.catch((error: unknown) => {
    throw error instanceof PathfoldError ? new Error(error.detail) : error;
  });

const openPath = async (id: string, onProgress: (progress: Progress) => void): Promise<LoadedModel> => {
  const { onnx, model } = await fetchPath(run!.order.runId, id, onProgress);
  if (path?.model.sha256 !== model.sha256) {
    await path?.session.release();
    path = null;
    path = { session: await openSession(onnx, RUNTIME), model };
  }
  return model;
};

/** By the newest router: a run may be sharded anew while the page is open. */
const route = async ({ order, tokenizer, features }: OpenRun, prompt: string): Promise<Routed> => {
  const { router } = await fetchRouter(order.runId);
  const { path, runnerUp, probability } = await routeText({ router, tokenizer, features }, prompt);
  return { path: router.paths[path]!, runnerUp: runnerUp === null ? null : router.paths[runnerUp]!, probability };
};

const open: PromptDoor['open'] = async (order, onProgress) => {
  const tokenizer = readTokenizer(await fetchTokenizer(order.runId));
  if (order.path !== null) {
    run = { order, tokenizer, features: null };
    return { model: await openPath(order.path, onProgress) };
  }
  const { router, bytes } = await fetchRouter(order.runId);
  const base = router.kind === 'random' ? null : await fetchFeatures(order.runId, onProgress);
  run = { order, tokenizer, features: base && (await openFeatures(base.onnx, RUNTIME)) };
  return { routing: { kind: router.kind, routerBytes: bytes, features: base?.model ?? null } };
};

const ask: PromptDoor['ask'] = async (question, listener) => {
  if (!run) throw new Error('The model is not loaded yet.');
  const { order, tokenizer } = run;
  stopped = false;
  if (order.path === null) {
    const routed = await route(run, question.prompt);
    await listener.onRouted(routed);
    await listener.onLoaded(await openPath(routed.path, (progress) => void listener.onLoading(progress)));
  }
  let text = '';
  let sentAt = performance.now();
  for await (const piece of answer({ session: path!.session, tokenizer, context: order.context }, question)) {
    text += piece.text;
    if (!piece.end && performance.now() - sentAt < PIECE_EVERY_MS) continue;
    if (stopped) return;
    // The page's receipt is also the turn of the event loop in which `stop` is heard.
    await listener.onPiece({ text, end: piece.end });
    text = '';
    if (stopped) return;
    sentAt = performance.now();
  }
};

const door: PromptDoor = {
  open: (order, onProgress) => inWords(open(order, onProgress)),
  ask: (question, listener) => inWords(ask(question, listener)),
  stop() {
    stopped = true;
  },
};

Comlink.expose(door);
