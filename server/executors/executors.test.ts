import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDiskBlobs } from '@pathfold/blobs/disk';
import { PathfoldError } from '@pathfold/protocol/errors';
import type { Report } from '@pathfold/protocol/report';
import { ModelSpec } from '@pathfold/protocol/run-spec';
import type { EvaluateTask } from '@pathfold/works/evaluate/task';
import type { TrainFoldInput } from '@pathfold/works/train/task';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Executors, openExecutors } from './executors.ts';

const report: Report = {
  steps: 2,
  tokens: 2,
  computeMs: 1,
  loss: null,
  downloadedBytes: { peers: 0, coordinator: 0 },
  executor: { name: 'test', adapter: '', tokensPerSecond: 1 },
};

let folder: string;
let executors: Executors;
let toys: Executors;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pathfold-executors-'));
  await openDiskBlobs(folder);
  executors = openExecutors({ blobFolder: folder, threads: 1 });
  toys = openExecutors({ blobFolder: folder, threads: 1, works: new URL('./toy.fixture.ts', import.meta.url) });
});
afterAll(async () => {
  await Promise.all([executors.close(), toys.close()]);
  await rm(folder, { recursive: true });
});

const ref = { sha256: 'a'.repeat(64), bytes: 8 };
const task: EvaluateTask = {
  ...{ path: '0', round: 1, model: ModelSpec.parse({}), levels: [], embedding: 'shared', modules: [] },
  ...{ documents: ref, tokenizer: ref, prefixBytes: 128, assigned: null, chunkTokens: null },
};

const stored = async (bytes: Uint8Array) => (await openDiskBlobs(folder)).put(bytes);

describe('executors', () => {
  test('fold a module in a thread, from the disk and to the disk', async () => {
    const bytesOf = (...values: number[]) => new Uint8Array(new Float32Array(values).buffer);
    const module = await stored(bytesOf(1, 2));
    const delta = await stored(bytesOf(0.5, 1));
    const input = {
      module: { name: 'head', version: 0, sha256: module.sha256, bytes: 8 },
      state: null,
      outer: { kind: 'sgd', learningRate: 1, momentum: 0 },
      ...{ average: 'mean', paths: 1, share: 1 },
      contributions: [
        {
          ...{ lease: 'l', sha256: delta.sha256, codec: 'f32', offset: 0, weight: 1, scale: 1 },
          ...{ steps: 1, tokens: 1, staleness: 0, ageMs: 0 },
        },
      ],
      figures: null,
      round: 1,
    } satisfies TrainFoldInput;
    const output = await executors.fold('train', input);
    const { blob, version } = output.modules[0]!;
    expect(version).toBe(1);
    const stepped = await (await openDiskBlobs(folder)).get(blob.sha256);
    expect(new Uint8Array(stepped!)).toEqual(bytesOf(0.5, 1));
  });

  test('check a contribution, and hand on why it is rejected', async () => {
    const good = await stored(Buffer.from('{"documents":[{"document":0,"nats":2,"tokens":2,"bytes":4}]}'));
    const figures = await executors.check('evaluate', task, good.sha256, report, false);
    expect(figures).toEqual({ validLoss: 1, validBitsPerByte: 2 / (Math.LN2 * 4), documents: 1 });
    const bad = await stored(Buffer.from('[]'));
    const rejection = await executors
      .check('evaluate', task, bad.sha256, report, false)
      .catch((error: unknown) => error);
    expect(rejection).toBeInstanceOf(PathfoldError);
    expect(rejection).toMatchObject({ code: 'bad_payload', detail: 'the result does not fit its schema' });
  });

  test('a failure that is not about the contribution is no rejection, and the thread goes on', async () => {
    const missing = await executors
      .check('evaluate', task, 'f'.repeat(64), report, false)
      .catch((error: unknown) => error);
    expect(missing).not.toBeInstanceOf(PathfoldError);
    await expect(executors.fold('knitting', null)).rejects.toThrow('"knitting"');
    const good = await stored(Buffer.from('{"documents":[{"document":0,"nats":2,"tokens":2,"bytes":4}]}'));
    expect(await executors.check('evaluate', task, good.sha256, report, false)).toMatchObject({ validLoss: 1 });
  });

  test('scores of a document that is not there are refused, and the log is told where', async () => {
    const json = (value: unknown) => stored(Buffer.from(JSON.stringify(value)));
    const scores = (...documents: number[]) =>
      json({ documents: documents.map((document) => ({ document, nats: 2, tokens: 2, bytes: 4, chunks: [2] })) });
    const input = async (...documents: number[]) => ({
      ...{ round: 1, paths: ['0'], chunkTokens: 64, assignment: await json({ router: [], test: [0] }) },
      domains: await json({ names: ['all'], train: [], test: [0] }),
      contributions: [{ path: '0', sha256: (await scores(...documents)).sha256 }],
    });
    expect(await executors.fold('evaluate', await input(0))).toMatchObject({ figures: { validLoss: 1 } });
    const refusal = await executors.fold('evaluate', await input(0, 1)).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(PathfoldError);
    expect(refusal).toMatchObject({ code: 'bad_payload', cause: expect.stringContaining('evaluate/fold.ts') });
    expect((refusal as PathfoldError).detail).not.toContain('/');
    await expect(executors.fold('evaluate', { round: 'first' })).rejects.toMatchObject({ code: 'bad_payload' });
  });

  test('what the machine fails at, or is short of, refuses nobody', async () => {
    for (const [name, message] of [
      ['Error', 'ENOSPC: no space left on device'],
      ['RangeError', 'Array buffer allocation failed'],
    ] as const) {
      const failure = await toys.fold('toy', { fails: { name, message } }).catch((error: unknown) => error);
      expect(failure).not.toBeInstanceOf(PathfoldError);
      expect(failure).toMatchObject({ message });
    }
  });

  test('take the kinds of work that another list names', async () => {
    const { sha256 } = await stored(Buffer.from('abc'));
    expect(await toys.check('toy', null, sha256, report, false)).toEqual({ bytes: 3 });
    expect(await toys.fold('toy', { round: 4 })).toMatchObject({ result: { round: 4 } });
    await expect(toys.fold('train', null)).rejects.toThrow('"train"');
  });
});
