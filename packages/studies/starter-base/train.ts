import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import safetensors from '@pathfold/checkpoint/formats/safetensors';
import { bytesOf, floatsOf } from '@pathfold/checkpoint/layout';
import { DENSE_PATH, densePath, splitPath, weightsOf } from '@pathfold/checkpoint/path';
import { initPath } from '@pathfold/checkpoint/sources/seed';
import { trainTokenizer } from '@pathfold/corpora/bpe';
import { type Document, textBytes } from '@pathfold/corpora/document';
import { scoredPart, scoringWindows } from '@pathfold/corpora/scoring';
import { joinDocuments } from '@pathfold/corpora/shards';
import { readTokenizer, type Tokenizer } from '@pathfold/corpora/tokenizer';
import { drawWindows } from '@pathfold/corpora/windows';
import type { LlamaShape } from '@pathfold/nets/llama-shape';
import type { Executor } from '@pathfold/tensors/executors/executor';
import { evaluate } from '@pathfold/training/evaluate';
import { round } from '@pathfold/training/round';

export interface BaseSpec {
  readonly model: LlamaShape;
  readonly seed: number;
  /** The rate falls to its floor at `totalSteps`. `batch`: sequences a step. */
  readonly inner: {
    readonly learningRate: number;
    readonly warmupSteps: number;
    readonly totalSteps: number;
    readonly batch: number;
    readonly weightDecay: number;
    readonly clipNorm: number;
  };
  /** Steps from one stored state to the next. */
  readonly storeEvery: number;
}

interface Point {
  readonly steps: number;
  /** Mean of the training steps since the point before, nats a token. */
  readonly trainLoss: number;
  readonly heldOutBitsPerByte: number;
}

/** `record.json`: what the weights beside it were made of. */
export interface BaseRecord {
  readonly spec: BaseSpec;
  readonly curve: readonly Point[];
}

export interface BaseTexts {
  readonly train: readonly Document[];
  readonly heldOut: readonly Document[];
}

/** Its first 128 bytes are scored for nobody, as in every run. */
const PREFIX_BYTES = 128;

/**
 * Trains a dense path from a seed, and stores it every `storeEvery` steps in a folder named by the steps, which takes the
 * place of the one before: `model.safetensors`, `tokenizer.json`, `record.json`, and the moments, with which a later call
 * goes on to the same bits. Throws when `folder` holds a base of another spec.
 */
export async function trainBase(
  folder: string,
  spec: BaseSpec,
  texts: BaseTexts,
  executor: Executor,
  say: (point: Point) => void,
): Promise<BaseRecord> {
  const { model, seed, inner, storeEvery } = spec;
  const path = densePath(model);
  mkdirSync(folder, { recursive: true });
  const stored = () =>
    readdirSync(folder)
      .filter((name) => /^\d+$/.test(name))
      .map(Number);

  const tokenizerJson = trainTokenizer(
    texts.train.map(({ text }) => text),
    model.vocabulary,
  );
  const tokenizer = readTokenizer(tokenizerJson);
  const tokens = joinDocuments(texts.train.map(({ text }) => Uint16Array.from(tokenizer.encode(text))));

  let theta: Float32Array = initPath(path, seed);
  let moments = null;
  let record: BaseRecord = { spec, curve: [] };
  if (stored().length > 0) {
    const steps = Math.max(...stored());
    const read = (name: string) => readFileSync(join(folder, String(steps), name));
    record = JSON.parse(read('record.json').toString()) as BaseRecord;
    if (JSON.stringify(record.spec) !== JSON.stringify(spec))
      throw new Error(`${folder} holds a base of another spec: name an empty folder`);
    theta = safetensors.read(read('model.safetensors'), model);
    const both = floatsOf(read('moments.bin'));
    moments = { m: both.slice(0, theta.length), v: both.slice(theta.length), steps };
  }

  while ((moments?.steps ?? 0) < inner.totalSteps) {
    const globalStep: number = moments?.steps ?? 0;
    const start: Float32Array = theta;
    const done = await round({
      ...{ executor, path, theta: start, moments, globalStep, inner },
      steps: Math.min(storeEvery, inner.totalSteps - globalStep),
      batches(step) {
        const { context } = model;
        const { inputs, targets } = drawWindows(tokens, { context, batch: inner.batch, seed, step: globalStep + step });
        return { tokens: inputs, targets };
      },
    });
    theta = start.map((value, i) => value - done.delta[i]!);
    moments = done.moments;
    const heldOutBitsPerByte = await bitsPerByte(theta, model, texts.heldOut, tokenizer, executor);
    const point = { steps: moments.steps, trainLoss: done.meanLoss, heldOutBitsPerByte };
    record = { spec, curve: [...record.curve, point] };
    const weights = weightsOf(path, splitPath(theta, path));
    const notes = { runName: 'starter-base', path: DENSE_PATH, round: 0, corpusName: 'starter', licence: 'CC0-1.0' };
    const files: Record<string, Uint8Array | string> = {
      'tokenizer.json': tokenizerJson,
      'moments.bin': Buffer.concat([bytesOf(moments.m), bytesOf(moments.v)]),
      'model.safetensors': safetensors.write(weights, new TextEncoder().encode(tokenizerJson), notes),
      'record.json': `${JSON.stringify(record, null, 2)}\n`,
    };
    // Whole or not at all, wherever the process is ended.
    const part = join(folder, 'part');
    rmSync(part, { recursive: true, force: true });
    mkdirSync(part);
    for (const [name, content] of Object.entries(files)) writeFileSync(join(part, name), content);
    const before = stored();
    renameSync(part, join(folder, String(moments.steps)));
    for (const steps of before) rmSync(join(folder, String(steps)), { recursive: true });
    say(point);
  }
  return record;
}

/** By the windowing rule of `corpora/scoring.ts`. */
async function bitsPerByte(
  theta: Float32Array,
  model: LlamaShape,
  documents: readonly Document[],
  { encode, byteLengths }: Tokenizer,
  executor: Executor,
): Promise<number> {
  const { context } = model;
  const rule = { context, prefixBytes: PREFIX_BYTES };
  const encoded = documents
    .filter(({ text }) => textBytes(text) > PREFIX_BYTES)
    .map(({ text }) => Uint16Array.from(encode(text)));
  const places = encoded.flatMap((ids) => scoringWindows(ids, byteLengths, rule).map((window) => ({ ids, window })));
  const tokens = new Int32Array(places.length * context);
  const targets = new Int32Array(places.length * context);
  for (const [row, { ids, window }] of places.entries())
    for (let i = 0; i < window.length; i++) {
      const here = window.start + i;
      tokens[row * context + i] = here === 0 ? 0 : ids[here - 1]!;
      targets[row * context + i] = ids[here]!;
    }
  const nats = await evaluate({ executor, path: densePath(model), theta, windows: { tokens, targets } });
  let sum = 0;
  for (const [row, { window }] of places.entries())
    for (let i = window.scoreFrom; i < window.length; i++) sum += nats[row * context + i]!;
  const bytes = encoded.reduce((total, ids) => total + scoredPart(ids, byteLengths, PREFIX_BYTES).bytes, 0);
  return sum / (Math.LN2 * bytes);
}
