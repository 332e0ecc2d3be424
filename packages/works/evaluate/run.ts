import { scoredPart, scoringWindows } from '@pathfold/corpora/scoring';
import { decodeTokens, documentsOf } from '@pathfold/corpora/shards';
import { readTokenizer } from '@pathfold/corpora/tokenizer';
import { END_OF_TEXT } from '@pathfold/protocol/blob';
import type { Batch } from '@pathfold/training/batch';
import { evaluate } from '@pathfold/training/evaluate';
import { fetchPath } from '../path-modules.ts';
import { NOTHING_DONE, readTask, type WorkPorts, type WorkRun } from '../work-run.ts';
import { type EvaluateResult, EvaluateTask } from './task.ts';

/** Where one window lies, and what of it is scored. */
interface Placed {
  readonly document: number;
  readonly scoreFrom: number;
  readonly length: number;
}

/**
 * Scores a path on whole documents (rule: corpora/scoring.ts). All or nothing: cut short, it has no contribution,
 * because a part of the documents is no measure of the whole.
 */
export const evaluateRun: WorkRun = {
  name: 'evaluate',

  async execute(body, ports) {
    const task = readTask(EvaluateTask, body);
    const { context } = task.model;
    const [{ path, theta }, documents, byteLengths] = await Promise.all([
      fetchPath(task, ports),
      ports.blob(task.documents).then((bytes) => documentsOf(decodeTokens(bytes))),
      ports.blob(task.tokenizer).then((bytes) => readTokenizer(new TextDecoder().decode(bytes)).byteLengths),
    ]);
    ports.onComputing();
    const { placed, windows } = layOut(documents, byteLengths, context, task.prefixBytes);

    const began = ports.clock.now();
    const enough = new AbortController();
    const signal = AbortSignal.any([ports.signal, enough.signal]);
    const scored = runningScored(placed);
    const nats = await evaluate({
      executor: ports.executor,
      path,
      theta,
      windows,
      clock: dutyCycle(ports),
      signal,
      onProgress(done) {
        if (ports.remainingMs() <= 0) enough.abort();
        const tokensPerSecond = (1000 * done * context) / Math.max(1, ports.clock.now() - began);
        ports.onProgress({ steps: scored[done]!, loss: null, tokensPerSecond });
      },
    }).catch((error: unknown) => {
      if (signal.aborted) return null;
      throw error;
    });
    if (!nats) return NOTHING_DONE;

    const result: EvaluateResult = {
      documents: documents.map((document) => {
        const { tokens, bytes } = scoredPart(document, byteLengths, task.prefixBytes);
        return { nats: 0, tokens, bytes };
      }),
    };
    placed.forEach(({ document, scoreFrom, length }, w) => {
      for (let i = scoreFrom; i < length; i++) result.documents[document]!.nats += nats[w * context + i]!;
    });
    const total = result.documents.reduce(
      (sum, { nats, tokens }) => ({ nats: sum.nats + nats, tokens: sum.tokens + tokens }),
      { nats: 0, tokens: 0 },
    );
    return {
      payload: new TextEncoder().encode(JSON.stringify(result)),
      steps: total.tokens,
      tokens: windows.tokens.length,
      computeMs: ports.clock.now() - began,
      loss: total.tokens > 0 ? total.nats / total.tokens : null,
      keep: null,
    };
  },
};

/** The windows of all documents as one batch, padded to the context. */
function layOut(documents: readonly Uint16Array[], byteLengths: Uint16Array, context: number, prefixBytes: number) {
  const placed: Placed[] = [];
  const starts: number[] = [];
  documents.forEach((ids, document) => {
    for (const { start, length, scoreFrom } of scoringWindows(ids, byteLengths, { context, prefixBytes })) {
      placed.push({ document, length, scoreFrom });
      starts.push(start);
    }
  });
  const windows: Batch = {
    tokens: new Int32Array(placed.length * context).fill(END_OF_TEXT),
    targets: new Int32Array(placed.length * context).fill(END_OF_TEXT),
  };
  placed.forEach(({ document, length }, w) => {
    const [ids, start] = [documents[document]!, starts[w]!];
    for (let i = 0; i < length; i++) {
      if (start + i > 0) windows.tokens[w * context + i] = ids[start + i - 1]!;
      windows.targets[w * context + i] = ids[start + i]!;
    }
  });
  return { placed, windows };
}

/** Scored tokens in the first n windows, for each n. */
function runningScored(placed: readonly Placed[]): number[] {
  const sums = [0];
  for (const { length, scoreFrom } of placed) sums.push(sums.at(-1)! + length - scoreFrom);
  return sums;
}

/** A clock whose pauses between batches keep the throttle. */
function dutyCycle({ clock, throttle }: WorkPorts): WorkPorts['clock'] {
  let busySince = clock.now();
  return {
    now: () => clock.now(),
    async sleep(_ms, signal) {
      await clock.sleep((clock.now() - busySince) * (1 / throttle() - 1), signal);
      busySince = clock.now();
    },
  };
}
