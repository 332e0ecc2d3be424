import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FORMATS } from '@pathfold/checkpoint/formats';
import type { ModuleShape } from '@pathfold/checkpoint/layout';
import { type EmbeddingKind, pathIds, pathModules, runModules } from '@pathfold/checkpoint/levels';
import { joinModules, weightsOf } from '@pathfold/checkpoint/path';
import { initModule } from '@pathfold/checkpoint/sources/seed';
import { trainTokenizer } from '@pathfold/corpora/bpe';
import { scoredPart, scoringWindows } from '@pathfold/corpora/scoring';
import { readTokenizer } from '@pathfold/corpora/tokenizer';
import { llamaLogits, pathTensors } from '@pathfold/nets/llama';
import type { LlamaShape } from '@pathfold/nets/llama-shape';
import { END_OF_TEXT } from '@pathfold/protocol/blob';
import type { LevelSpec } from '@pathfold/protocol/run-spec';
import { openExecutor } from '@pathfold/tensors/executors/open';
import { trace } from '@pathfold/tensors/plan/trace';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pathOnnx } from './onnx/path-graph.ts';
import { openSession, type PathSession } from './session.ts';

const READER = fileURLToPath(new URL('readers/numpy_reader.py', import.meta.url));
const DOCUMENTS = [
  `It was a bright cold day in April. ${'The clocks were striking thirteen, and nobody looked up. '.repeat(8)}`,
  `Ναὶ λέγω: “it’s 3½ o’clock” — 春夏秋冬, 🧶🧶‍♀️\t\r\n\n  ${'don’t we’ll I’d they’ve 1984 x² '.repeat(9)}\u2028end\u00a0\ufeff`,
  'too short to be scored',
  '',
];
const tokenizerJson = trainTokenizer(DOCUMENTS, 330);
const tokenizer = readTokenizer(tokenizerJson);
const IDS = [0, 17, 4, 329, 4, 4, 123, 250, 9, 31, 77, 5, 0, 201, 42, 42];

const python = (...args: string[]) => {
  const { status, stdout, stderr } = spawnSync('/usr/bin/python3', [READER, ...args], {
    encoding: 'utf8',
    maxBuffer: 1e8,
  });
  if (status !== 0) throw new Error(`The NumPy reader failed (it needs Debian's python3-numpy): ${stderr}`);
  return JSON.parse(stdout);
};

/** The logits of the net that is trained, of these modules, on TensorFlow.js. */
const trainedLogits = async (
  model: LlamaShape,
  shapes: ModuleShape[],
  modules: Float32Array[],
  ids: number[],
): Promise<Float32Array> => {
  const theta = joinModules(modules);
  const executor = await openExecutor('tfjs-wasm');
  const program = executor.compile(
    trace((t) => {
      const tensors = pathTensors(t.state('theta', [theta.length]), shapes);
      t.output('logits', llamaLogits(model, tensors, t.input('tokens', [ids.length], 'i32')));
    }),
  );
  program.write('theta', theta);
  const { logits } = await program.run({ tokens: Int32Array.from(ids) });
  executor.dispose();
  return logits!;
};

const largestDifference = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  expect(a.length).toBe(b.length);
  return Math.max(...Array.from(a, (value, index) => Math.abs(value - b[index]!)));
};

interface Case {
  readonly title: string;
  readonly tied: boolean;
  /** A net of three blocks. */
  readonly levels: readonly LevelSpec[];
  readonly embedding: EmbeddingKind;
}

const DENSE = [{ experts: 1, blocks: 3 }];
const TWO_BY_TWO = [
  { experts: 2, blocks: 1 },
  { experts: 2, blocks: 2 },
];
const PRIVATE_BETWEEN = [
  { experts: 2, blocks: 1 },
  { experts: 'path', blocks: 1 },
  { experts: 2, blocks: 1 },
] as const;

describe.each<Case>([
  { title: 'a dense net, tied head', tied: true, levels: DENSE, embedding: 'shared' },
  { title: 'a dense net', tied: false, levels: DENSE, embedding: 'shared' },
  { title: '2x2', tied: false, levels: TWO_BY_TWO, embedding: 'shared' },
  { title: '2x2, embedding with the first level', tied: false, levels: TWO_BY_TWO, embedding: 'level' },
  { title: '2x2, embedding of each path, tied head', tied: true, levels: TWO_BY_TWO, embedding: 'path' },
  { title: '2x2 with a private level', tied: false, levels: PRIVATE_BETWEEN, embedding: 'shared' },
])('one path, read four ways: $title', ({ tied, levels, embedding }) => {
  const model: LlamaShape = { width: 32, blocks: 3, heads: 4, context: 16, vocabulary: 336, tied };
  // In a grid 1-0: not the same number in every level.
  const path = pathIds(levels).at(-2) ?? '0';
  const shapes = pathModules(model, levels, path, embedding);
  // Different in each module, and larger than those of the first step, so that every part of the net matters.
  const values = new Map(
    runModules(model, levels, embedding).map((shape, m) => [
      shape.name,
      initModule(shape, 11 + m).map((value, i) => value + 0.2 * Math.sin((m + 1) * i * 12.9898)),
    ]),
  );
  const modules = shapes.map(({ name }) => values.get(name)!);
  const weights = weightsOf({ model, modules: shapes }, modules);
  const notes = { runName: 'r', path, round: 1, corpusName: 'c', licence: 'CC0-1.0' };
  let folder: string;
  let plain: PathSession;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'pathfold-agreement-'));
    writeFileSync(
      join(folder, '0.hf.zip'),
      FORMATS.get('hf.zip')!.write(weights, new TextEncoder().encode(tokenizerJson), notes),
    );
    writeFileSync(join(folder, 'documents.jsonl'), DOCUMENTS.map((text) => JSON.stringify({ text })).join('\n'));
    plain = await openSession(pathOnnx(weights, { cached: false }));
  });
  afterAll(async () => {
    rmSync(folder, { recursive: true });
    await plain.release();
  });

  test('the logits agree within 1e-4, and are those of no other path', async () => {
    const trained = await trainedLogits(model, shapes, modules, IDS);
    expect(largestDifference(trained, new Float32Array(trained.length))).toBeGreaterThan(1);
    expect(largestDifference((await plain.run(IDS, plain.start)).logits_TV, trained)).toBeLessThan(1e-4);
    const cached = await openSession(pathOnnx(weights, { cached: true }));
    expect(largestDifference((await cached.run(IDS, cached.start)).logits_TV, trained)).toBeLessThan(1e-4);
    const read = python('logits', join(folder, '0.hf.zip'), IDS.join(',')) as number[][];
    expect(largestDifference(read.flat(), trained)).toBeLessThan(1e-4);
    for (const other of pathIds(levels).filter((id) => id !== path)) {
      const crossed = pathModules(model, levels, other, embedding);
      const its = crossed.map(({ name }) => values.get(name)!);
      expect(largestDifference(await trainedLogits(model, crossed, its, IDS), trained), other).toBeGreaterThan(0.1);
    }
  });

  test('the NumPy reader cuts, scores and counts as the scoring rule says', async () => {
    const sum = { tokens: 0, bytes: 0, nats: 0 };
    for (const ids of DOCUMENTS.map(tokenizer.encode)) {
      const part = scoredPart(ids, tokenizer.byteLengths, 128);
      sum.tokens += part.tokens;
      sum.bytes += part.bytes;
      for (const { start, length, scoreFrom } of scoringWindows(ids, tokenizer.byteLengths, {
        context: model.context,
        prefixBytes: 128,
      })) {
        const inputs = [END_OF_TEXT, ...ids].slice(start, start + length);
        const { logits_TV, vocabulary } = await plain.run(inputs, plain.start);
        for (let t = scoreFrom; t < length; t++) {
          const logits = [...logits_TV.subarray(t * vocabulary, (t + 1) * vocabulary)];
          sum.nats += Math.log(logits.reduce((total, logit) => total + Math.exp(logit), 0)) - logits[ids[start + t]!]!;
        }
      }
    }
    const score = python('score', join(folder, '0.hf.zip'), join(folder, 'documents.jsonl'));
    expect(score).toMatchObject({ documents: DOCUMENTS.length, tokens: sum.tokens, bytes: sum.bytes });
    expect(score.bitsPerByte).toBeCloseTo(sum.nats / (Math.LN2 * sum.bytes), 4);
  });
});
