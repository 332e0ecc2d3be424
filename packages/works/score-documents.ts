import { scoredPart, scoringWindows } from '@pathfold/corpora/scoring';
import { decodeTokens, documentsOf } from '@pathfold/corpora/shards';
import { readTokenizer } from '@pathfold/corpora/tokenizer';
import { type BlobRef, END_OF_TEXT } from '@pathfold/protocol/blob';
import type { Batch } from '@pathfold/training/batch';
import { evaluate } from '@pathfold/training/evaluate';
import { type DocumentScore, encodeScores } from './document-scores.ts';
import { fetchPath, type PathTask } from './path-modules.ts';
import { NOTHING_DONE, type WorkPorts, type WorkResult } from './work-run.ts';

interface ScoreTask extends PathTask {
  readonly documents: BlobRef;
  readonly tokenizer: BlobRef;
  readonly prefixBytes: number;
}

export interface ScoreOptions {
  /** Which documents to score, of so many. */
  chosen(count: number): readonly number[];
  /** Length of the chunks whose nats are told too; null tells none. */
  readonly chunkTokens: number | null;
}

/** Where one window lies, and what of it is scored. */
interface Placed {
  /** Place in the list of those that are scored. */
  readonly row: number;
  readonly start: number;
  readonly scoreFrom: number;
  readonly length: number;
}

/**
 * Scores a path on whole documents (rule: corpora/scoring.ts). All or nothing: cut short, it has no contribution,
 * because a part of the documents is no measure of the whole.
 */
export async function scoreDocuments(task: ScoreTask, ports: WorkPorts, options: ScoreOptions): Promise<WorkResult> {
  const { context } = task.model;
  const [{ path, theta }, all, byteLengths] = await Promise.all([
    fetchPath(task, ports),
    ports.blob(task.documents).then((bytes) => documentsOf(decodeTokens(bytes))),
    ports.blob(task.tokenizer).then((bytes) => readTokenizer(new TextDecoder().decode(bytes)).byteLengths),
  ]);
  ports.onComputing();
  const chosen = options.chosen(all.length);
  const documents = chosen.map((document) => all[document]!);
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

  const perDocument: number[][] = documents.map(() => []);
  placed.forEach(({ row, scoreFrom, length }, w) => {
    for (let i = scoreFrom; i < length; i++) perDocument[row]!.push(nats[w * context + i]!);
  });
  const scores = perDocument.map((tokens, row): DocumentScore => {
    const { bytes } = scoredPart(documents[row]!, byteLengths, task.prefixBytes);
    const score = { document: chosen[row]!, nats: sum(tokens), tokens: tokens.length, bytes };
    if (options.chunkTokens === null) return score;
    const first = documents[row]!.length - tokens.length;
    return { ...score, chunks: chunkSums(tokens, first, options.chunkTokens) };
  });
  const tokens = sum(scores.map((score) => score.tokens));
  return {
    payload: encodeScores({ documents: scores }),
    steps: tokens,
    tokens: windows.tokens.length,
    computeMs: ports.clock.now() - began,
    loss: tokens > 0 ? sum(scores.map((score) => score.nats)) / tokens : null,
    keep: null,
  };
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/**
 * As many chunks as so many tokens have. They end at multiples of their length in the document, as windows begin at
 * multiples of half the context; so the first is shorter, or longer, where the scored part begins between two of these.
 */
function chunkSums(nats: readonly number[], first: number, chunkTokens: number): number[] {
  const count = Math.ceil(nats.length / chunkTokens);
  const early = first % chunkTokens;
  const shift = Math.ceil((early + nats.length) / chunkTokens) > count ? chunkTokens - early : -early;
  const startOf = (chunk: number) => (chunk === 0 ? 0 : chunk * chunkTokens + shift);
  return Array.from({ length: count }, (_, chunk) => sum(nats.slice(startOf(chunk), startOf(chunk + 1))));
}

/** The windows of all documents as one batch, padded to the context. */
function layOut(documents: readonly Uint16Array[], byteLengths: Uint16Array, context: number, prefixBytes: number) {
  const placed = documents.flatMap((ids, row) =>
    scoringWindows(ids, byteLengths, { context, prefixBytes }).map((window): Placed => ({ row, ...window })),
  );
  const windows: Batch = {
    tokens: new Int32Array(placed.length * context).fill(END_OF_TEXT),
    targets: new Int32Array(placed.length * context).fill(END_OF_TEXT),
  };
  placed.forEach(({ row, start, length }, w) => {
    const ids = documents[row]!;
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
export function dutyCycle({ clock, throttle }: WorkPorts): WorkPorts['clock'] {
  let busySince = clock.now();
  return {
    now: () => clock.now(),
    async sleep(_ms, signal) {
      await clock.sleep((clock.now() - busySince) * (1 / throttle() - 1), signal);
      busySince = clock.now();
    },
  };
}
