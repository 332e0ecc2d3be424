import { readTokenizer } from '@pathfold/corpora/tokenizer';
import { type AnsweringPath, answer } from '@pathfold/inference/answer';
import { openSession } from '@pathfold/inference/session';
import { PathfoldError } from '@pathfold/protocol/errors';
import * as Comlink from 'comlink';
import { fetchModel, fetchTokenizer } from './fetch-model.ts';
import type { PromptDoor } from './worker-words.ts';

/** Text reaches the page at most this often; between two pieces the worker hears whether it should stop. */
const PIECE_EVERY_MS = 40;

let path: AnsweringPath | null = null;
let stopped = false;

const door: PromptDoor = {
  async load(order, onProgress) {
    const [{ onnx, model }, tokenizerJson] = await Promise.all([
      fetchModel(order, onProgress),
      fetchTokenizer(order),
    ]).catch((error: unknown) => {
      // Comlink carries only the message, and people need only the sentence.
      throw error instanceof PathfoldError ? new Error(error.detail) : error;
    });
    const session = await openSession(onnx, { runtimeUrl: new URL('/ort/', location.origin).href });
    path = { session, tokenizer: readTokenizer(tokenizerJson), context: order.context };
    return model;
  },
  async ask(question, onPiece) {
    if (!path) throw new Error('The model is not loaded yet.');
    stopped = false;
    let text = '';
    let sentAt = performance.now();
    for await (const piece of answer(path, question)) {
      text += piece.text;
      if (!piece.end && performance.now() - sentAt < PIECE_EVERY_MS) continue;
      // The page's receipt is also the turn of the event loop in which `stop` is heard.
      await onPiece({ text, end: piece.end });
      text = '';
      if (stopped) return;
      sentAt = performance.now();
    }
  },
  stop() {
    stopped = true;
  },
};

Comlink.expose(door);
