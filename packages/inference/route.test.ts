import { densePath, joinModules, weightsOf } from '@pathfold/checkpoint/path';
import { initModule } from '@pathfold/checkpoint/sources/seed';
import { trainTokenizer } from '@pathfold/corpora/bpe';
import { prefixLength } from '@pathfold/corpora/scoring';
import { readTokenizer } from '@pathfold/corpora/tokenizer';
import type { LlamaShape } from '@pathfold/nets/llama-shape';
import { assignPath } from '@pathfold/routing/assign/assign';
import { type Router, readRouter } from '@pathfold/routing/assign/router';
import { fitDiscriminative, fitKmeans, fitProduct, targetOf } from '@pathfold/routing/fit/fit';
import { type Rows, rowOf } from '@pathfold/routing/fit/rows';
import { openExecutor } from '@pathfold/tensors/executors/open';
import { features } from '@pathfold/training/features';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { documents } from './documents.fixture.ts';
import { featuresOnnx } from './onnx/path-graph.ts';
import { routeText } from './route.ts';
import { type FeatureSession, openFeatures } from './session.ts';

const model: LlamaShape = { width: 32, blocks: 2, heads: 4, context: 64, vocabulary: 336, tied: false };
const path = densePath(model);
const values = path.modules.map((shape) => initModule(shape, 3).map((value, i) => value + 0.2 * Math.sin(i * 12.9898)));

const tokenizer = readTokenizer(trainTokenizer(documents, 330));
const prefix = { prefixBytes: 128, prefixTokens: model.context };

let trained: Rows;
let session: FeatureSession;
let nearest: Router;
beforeAll(async () => {
  const executor = await openExecutor('wasm');
  const prefixes = documents.map((text) => {
    const ids = tokenizer.encode(text);
    return ids.slice(0, prefixLength(ids, tokenizer.byteLengths, prefix));
  });
  const theta = joinModules(values);
  trained = {
    values: await features({ executor, path, theta, documents: prefixes, prefixTokens: model.context }),
    width: model.width,
  };
  executor.dispose();
  nearest = fitKmeans({ about, features: trained, weights: documents.map(({ length }) => 1 + length), seed: 1 });
  session = await openFeatures(featuresOnnx(weightsOf(path, values)));
});
afterAll(() => session.release());

const about = {
  version: 1,
  paths: ['0-0', '0-1', '1-0', '1-1'],
  base: path.modules.map((_, i) => String(i).repeat(64)),
  ...prefix,
};

test('the exported graph computes the features that volunteers compute, within 1e-4', async () => {
  let largest = 0;
  for (const [d, text] of documents.entries()) {
    const ids = tokenizer.encode(text);
    const read = ids.slice(0, prefixLength(ids, tokenizer.byteLengths, prefix));
    if (read.length === 0) continue;
    const row = await session.feature(read);
    row.forEach((value, i) => {
      largest = Math.max(largest, Math.abs(value - rowOf(trained, d)[i]!));
    });
  }
  expect(largest).toBeLessThan(1e-4);
  expect(Math.max(...trained.values)).toBeGreaterThan(0.5);
});

test.each([
  [
    'kmeans',
    () => fitKmeans({ about, features: trained, weights: documents.map(({ length }) => 1 + length), seed: 1 }),
  ],
  [
    'product',
    () =>
      fitProduct({
        about,
        features: trained,
        weights: documents.map(({ length }) => 1 + length),
        seed: 1,
        experts: [2, 2],
      }),
  ],
  [
    'discriminative',
    () => {
      const labels = documents.map((_, d) => d % 4);
      const train = { features: trained, weights: documents.map(() => 1) };
      return fitDiscriminative({ about, router: { features: trained, labels }, train, target: targetOf(labels, 4, 0) });
    },
  ],
  ['random', (): Router => ({ version: 1, paths: about.paths, ...prefix, kind: 'random', seed: 4 })],
])(
  'the trainer’s features and the exported graph’s, in Node, send 1,000 documents to the same path: %s',
  async (kind, fit) => {
    const router = fit();
    const read = { router: readRouter(JSON.parse(JSON.stringify(router))), tokenizer, features: session };
    const counts = about.paths.map(() => 0);
    for (const [d, text] of documents.entries()) {
      const ids = tokenizer.encode(text);
      const evidence =
        kind === 'random' ? ids.slice(0, prefixLength(ids, tokenizer.byteLengths, prefix)) : rowOf(trained, d);
      const { path } = await routeText(read, text);
      expect(path, `document ${d}`).toBe(assignPath(router, evidence));
      counts[path]! += 1;
    }
    for (const count of counts) expect(count).toBeGreaterThan(100);
  },
);

test('text after the prefix changes nothing; token ids route as their text does', async () => {
  const read = { router: nearest, tokenizer, features: session };
  const text = documents[889]!;
  const choice = await routeText(read, text);
  expect(await routeText(read, `${text} and then ${documents[3]}`)).toEqual(choice);
  expect(await routeText(read, tokenizer.encode(text))).toEqual(choice);
});

test('an empty prompt and one of 100,000 characters are routed', async () => {
  const read = { router: nearest, tokenizer, features: session };
  expect((await routeText(read, '')).path).toBe(assignPath(nearest, new Float32Array(model.width)));
  expect((await routeText(read, 'sea '.repeat(25_000))).path).toBeLessThan(4);
});

test('a router of features without features is refused', async () => {
  await expect(routeText({ router: nearest, tokenizer, features: null }, 'sea')).rejects.toThrow(
    'needs the features of its base',
  );
});
