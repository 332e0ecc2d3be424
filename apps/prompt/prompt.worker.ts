import { readTokenizer, type Tokenizer } from '@pathfold/corpora/tokenizer';
import { answer } from '@pathfold/inference/answer';
import type { SessionAt } from '@pathfold/inference/generate';
import { rerouting } from '@pathfold/inference/reroute';
import { inNames, readsFeatures, routeText } from '@pathfold/inference/route';
import { type FeatureSession, openFeatures, openSession, type PathSession } from '@pathfold/inference/session';
import { PathfoldError } from '@pathfold/protocol/errors';
import * as Comlink from 'comlink';
import { fetchFeatures, fetchPath, fetchRouter, fetchTokenizer } from './model/fetch-model.ts';
import type { AnswerListener, LoadedFile, LoadedModel, Progress, PromptDoor, RunOrder } from './worker-messages.ts';

/** Text reaches the page at most this often; between two pieces the worker hears whether it should stop. */
const PIECE_EVERY_MS = 40;
/** Paths that stay open: an answer may go back to the one that it came from. */
const OPEN_PATHS = 2;
const RUNTIME = { runtimeUrl: new URL('/ort/', location.origin).href };

interface OpenRun {
  readonly order: RunOrder;
  readonly tokenizer: Tokenizer;
  /** Fetched for the first router that reads them: a run's documents may be routed while the page is open. */
  features: FeatureSession | null;
}
let run: OpenRun | null = null;
/** By the modules of the path; the latest last. */
const open = new Map<string, PathSession>();
let asking: AbortController | null = null;

/** Comlink carries only the message, and people need only the sentence. */
const inWords = <T>(work: Promise<T>): Promise<T> =>
  work.catch((error: unknown) => {
    throw error instanceof PathfoldError ? new Error(error.detail) : error;
  });

const openPath = async (
  order: RunOrder,
  id: string,
  onProgress: (progress: Progress) => void,
  signal: AbortSignal | null = null,
): Promise<{ session: PathSession; model: LoadedModel }> => {
  const { key, model, onnx } = await fetchPath(order, id, onProgress, signal);
  signal?.throwIfAborted();
  const session = open.get(key) ?? (await openSession(await onnx(), RUNTIME));
  open.delete(key);
  open.set(key, session);
  for (const old of [...open.keys()].slice(0, -OPEN_PATHS)) {
    await open.get(old)!.release();
    open.delete(old);
  }
  return { session, model };
};

const openRun: PromptDoor['open'] = async (order, onProgress) => {
  const json = await fetchTokenizer(order.runId);
  const tokenizer = readTokenizer(json);
  const tokenizerBytes = new TextEncoder().encode(json).length;
  if (order.path !== null) {
    run = { order, tokenizer, features: null };
    return { tokenizerBytes, model: (await openPath(order, order.path, onProgress)).model };
  }
  const { router, file } = await fetchRouter(order.runId);
  run = { order, tokenizer, features: null };
  const features = readsFeatures(router) ? await openBase(run, onProgress) : null;
  return { tokenizerBytes, routing: { router: file, features } };
};

const openBase = async (of: OpenRun, onProgress: (progress: Progress) => void): Promise<LoadedFile> => {
  const base = await fetchFeatures(of.order.runId, onProgress);
  of.features = await openFeatures(base.onnx, RUNTIME);
  return base.file;
};

/** Routes the prompt by the newest router, for a run may be sharded anew while the page is open; again every so many tokens. */
const routed = async (
  of: OpenRun,
  prompt: string,
  every: number | null,
  listener: AnswerListener,
  signal: AbortSignal,
): Promise<SessionAt> => {
  const { order, tokenizer } = of;
  const { router } = await fetchRouter(order.runId, signal);
  if (readsFeatures(router) && !of.features) await openBase(of, (progress) => void listener.onLoading(progress));
  const by = { router, tokenizer, features: of.features };
  const choice = inNames(router, await routeText(by, prompt));
  await listener.onRouted(choice);
  let loaded = false;
  let cost = { fetchedBytes: 0, durationMs: 0 };
  const openNext = async (path: string): Promise<PathSession> => {
    const began = performance.now();
    const onLoading = loaded ? () => {} : (progress: Progress) => void listener.onLoading(progress);
    const { session, model } = await openPath(order, path, onLoading, signal);
    cost = { fetchedBytes: model.fetchedBytes, durationMs: performance.now() - began };
    if (!loaded) await listener.onLoaded(model);
    loaded = true;
    return session;
  };
  if (every === null) {
    const session = await openNext(choice.path);
    return () => session;
  }
  return rerouting({
    ...{ by, every, prompt: tokenizer.encode(prompt), first: choice.path, open: openNext },
    onMove: (move) => listener.onMoved({ ...move, ...cost }),
  });
};

const ask: PromptDoor['ask'] = async (question, every, listener) => {
  if (!run) throw new Error('The model is not loaded yet.');
  const { order, tokenizer } = run;
  asking = new AbortController();
  const { signal } = asking;
  const only = [...open.values()].at(-1);
  try {
    const sessionAt = order.path === null ? await routed(run, question.prompt, every, listener, signal) : () => only!;
    let text = '';
    let sentAt = performance.now();
    for await (const piece of answer({ sessionAt, tokenizer, context: order.model.context }, question)) {
      text += piece.text;
      if (!piece.end && performance.now() - sentAt < PIECE_EVERY_MS) continue;
      if (signal.aborted) return;
      // The page's receipt is also the turn of the event loop in which `stop` is heard.
      await listener.onPiece({ text, end: piece.end });
      text = '';
      if (signal.aborted) return;
      sentAt = performance.now();
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
};

const door: PromptDoor = {
  open: (order, onProgress) => inWords(openRun(order, onProgress)),
  ask: (question, every, listener) => inWords(ask(question, every, listener)),
  stop: () => asking?.abort(),
};

Comlink.expose(door);
