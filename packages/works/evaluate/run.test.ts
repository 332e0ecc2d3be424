import { sha256Of } from '@pathfold/blobs/memory';
import { pathModules } from '@pathfold/checkpoint/levels';
import { pathShape } from '@pathfold/checkpoint/path';
import { initModule, initPath } from '@pathfold/checkpoint/sources/seed';
import { trainTokenizer } from '@pathfold/corpora/bpe';
import { encodeTokens, joinDocuments } from '@pathfold/corpora/shards';
import { readTokenizer } from '@pathfold/corpora/tokenizer';
import type { BlobRef, ModuleRef } from '@pathfold/protocol/blob';
import type { Executor } from '@pathfold/tensors/executors/executor';
import { openExecutor } from '@pathfold/tensors/executors/open';
import { systemClock } from '@pathfold/training/clock';
import { evaluate } from '@pathfold/training/evaluate';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { encodeAssignment } from '../assigned.ts';
import { readScores } from '../document-scores.ts';
import type { WorkPorts } from '../work-run.ts';
import { evaluateFold } from './fold.ts';
import { evaluateRun } from './run.ts';
import type { EvaluateTask } from './task.ts';

const model = { width: 16, blocks: 1, heads: 2, context: 16, vocabulary: 270, tied: true };
const levels = [{ experts: 1, blocks: 1 }];
const texts = ['The first of three documents, long enough for some windows of sixteen.', 'Short.', 'x'.repeat(40)];
const tokenizerJson = trainTokenizer([...texts, 'ab ab ab'], model.vocabulary);
const tokenizer = readTokenizer(tokenizerJson);
const documents = texts.map((text) => tokenizer.encode(text));

const blobs = new Map<string, Uint8Array>();
const put = async (bytes: Uint8Array): Promise<BlobRef> => {
  const sha256 = await sha256Of(bytes);
  blobs.set(sha256, bytes);
  return { sha256, bytes: bytes.byteLength };
};

let executor: Executor;
let task: EvaluateTask;
let ports: WorkPorts;
beforeAll(async () => {
  executor = await openExecutor('tfjs-cpu');
  const modules: ModuleRef[] = [];
  for (const shape of pathModules(model, levels, '0')) {
    const values = initModule(shape, 1);
    modules.push({ name: shape.name, version: 4, ...(await put(new Uint8Array(values.buffer))) });
  }
  task = {
    ...{
      path: '0',
      round: 4,
      model,
      levels,
      embedding: 'shared',
      modules,
      prefixBytes: 10,
      assigned: null,
      chunkTokens: null,
    },
    documents: await put(encodeTokens(joinDocuments(documents))),
    tokenizer: await put(new TextEncoder().encode(tokenizerJson)),
  };
  ports = {
    executor,
    blob: async (ref) => blobs.get(ref.sha256)!.slice(),
    kept: async () => null,
    clock: systemClock,
    remainingMs: () => Number.POSITIVE_INFINITY,
    signal: new AbortController().signal,
    throttle: () => 1,
    onComputing: () => {},
    onProgress: () => {},
  };
});
afterAll(() => executor.dispose());

const resultOf = (payload: Uint8Array) => ({ documents: readScores(payload) });

test('every token after the prefix is scored once; a document inside the prefix not at all', async () => {
  const { payload, steps, loss } = await evaluateRun.execute(task, ports);
  const { documents: scores } = resultOf(payload);
  const bytesOf = (text: string) => new TextEncoder().encode(text).length;
  expect(scores).toHaveLength(3);
  scores.forEach(({ tokens, bytes, nats }, d) => {
    const ids = documents[d]!;
    let offset = 0;
    const scored = ids.filter((id) => {
      offset += tokenizer.byteLengths[id]!;
      return offset - tokenizer.byteLengths[id]! >= task.prefixBytes;
    });
    expect({ tokens, bytes }).toEqual({
      tokens: scored.length,
      bytes: scored.reduce((sum, id) => sum + tokenizer.byteLengths[id]!, 0),
    });
    expect(bytes).toBeLessThanOrEqual(bytesOf(texts[d]!));
    // An untrained net is about as surprised as a uniform guess.
    if (tokens > 0) expect(nats / tokens).toBeCloseTo(Math.log(model.vocabulary), 0);
  });
  expect(scores[1]).toEqual({ document: 1, nats: 0, tokens: 0, bytes: 0 });
  expect(steps).toBe(scores.reduce((sum, { tokens }) => sum + tokens, 0));
  expect(loss).toBeCloseTo(scores.reduce((sum, { nats }) => sum + nats, 0) / steps, 10);
});

test('the first window of a document reads END_OF_TEXT before its first token', async () => {
  const ids = documents[0]!.slice(0, model.context);
  const path = pathShape(model, levels, '0');
  const windows = { tokens: Int32Array.from([0, ...ids.slice(0, -1)]), targets: Int32Array.from(ids) };
  const nats = await evaluate({ executor, path, theta: initPath(path, 1), windows });
  const whole = { ...task, prefixBytes: 0, documents: await put(encodeTokens(joinDocuments([ids]))) };
  const { payload } = await evaluateRun.execute(whole, ports);
  expect(resultOf(payload).documents[0]!.nats).toBeCloseTo(
    nats.reduce((sum, value) => sum + value, 0),
    3,
  );
});

test('scores only what the router gives to its path, and tells chunks where they are asked for', async () => {
  const assignment = await put(encodeAssignment({ router: [], test: [1, 0, 1] }));
  const own = { ...task, assigned: { assignment, split: 'test' as const, path: 1 }, chunkTokens: 4 };
  const all = resultOf((await evaluateRun.execute(task, ports)).payload).documents;
  const some = resultOf((await evaluateRun.execute(own, ports)).payload).documents;
  expect(some.map(({ document }) => document)).toEqual([0, 2]);
  for (const { document, nats, tokens, chunks } of some) {
    expect(nats).toBeCloseTo(all[document]!.nats, 4);
    expect(chunks).toHaveLength(Math.ceil(tokens / 4));
    expect(chunks!.reduce((sum, chunk) => sum + chunk, 0)).toBeCloseTo(nats, 6);
  }
});

test('chunks end at multiples of their length in the document, as many as the scored tokens have', async () => {
  const whole = async (chunkTokens: number) =>
    resultOf((await evaluateRun.execute({ ...task, chunkTokens }, ports)).payload).documents;
  const singles = await whole(1);
  for (const length of [3, 4, 5, 7]) {
    for (const { document, chunks } of await whole(length)) {
      const each = singles[document]!.chunks!;
      const first = documents[document]!.length - each.length;
      const pieces: number[] = [];
      each.forEach((nats, i) => {
        if (i === 0 || (first + i) % length === 0) pieces.push(0);
        pieces[pieces.length - 1]! += nats;
      });
      if (pieces.length > Math.ceil(each.length / length)) pieces.splice(0, 2, pieces[0]! + pieces[1]!);
      expect(chunks).toHaveLength(pieces.length);
      chunks!.forEach((chunk, i) => {
        expect(chunk).toBeCloseTo(pieces[i]!, 4);
      });
    }
  }
});

test('the coordinator admits what the volunteer hands in', async () => {
  const { payload, steps, tokens, computeMs, loss } = await evaluateRun.execute(task, ports);
  const report = {
    ...{ steps, tokens, computeMs, loss, downloadedBytes: { peers: 0, coordinator: 0 } },
    executor: { name: 'tfjs-cpu', adapter: '', tokensPerSecond: 1 },
  };
  expect(evaluateFold.check({ ...task }, payload, report)['validLoss']).toBeCloseTo(loss!, 10);
});

test('cut short, by a signal or by its deadline, it has no contribution', async () => {
  const control = new AbortController();
  const cut = { ...ports, signal: control.signal, onProgress: () => control.abort() };
  const long = { ...task, documents: await put(encodeTokens(joinDocuments(Array(40).fill(documents[0])))) };
  expect((await evaluateRun.execute(long, cut)).steps).toBe(0);
  expect((await evaluateRun.execute(long, { ...ports, remainingMs: () => 0 })).steps).toBe(0);
});
