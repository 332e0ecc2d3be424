import { randomPath } from '@pathfold/checkpoint/random-path.fixture';
import { trainTokenizer } from '@pathfold/corpora/bpe';
import { readTokenizer } from '@pathfold/corpora/tokenizer';
import { assignPath } from '@pathfold/routing/assign/assign';
import type { FeatureRouter, Router } from '@pathfold/routing/assign/router';
import { expect, test } from 'vitest';
import { answer } from './answer.ts';
import { continueAnswer, generate, windowAfter } from './generate.ts';
import { pathOnnx } from './onnx/path-graph.ts';
import { type Move, type ReroutingOptions, rerouting } from './reroute.ts';
import { readRunRouter, routeText } from './route.ts';
import { sampler } from './sample.ts';
import { openSession, type PathSession } from './session.ts';

const tokenizer = readTokenizer(trainTokenizer(['the cat sat on the mat'], 257));
const sampling = { temperature: 1.2, topP: 0.9, topK: null, seed: 9 };
const VOCABULARY = 290;

/** Features of one dimension: the mean of the ids. */
const features = {
  feature: async (ids: readonly number[]) => Float32Array.of(ids.reduce((sum, id) => sum + id, 0) / ids.length),
  release: async () => {},
};
const router: FeatureRouter = {
  ...{ kind: 'kmeans', version: 1, paths: ['0', '1'], prefixBytes: 4, prefixTokens: 4, base: ['a'.repeat(64)] },
  ...{ mean: [0], scale: [1], centroids: [[[10], [90]]], biases: [0, 0] },
};

/** A path that always says the same token, and notes how many tokens it is given. */
const saying = (id: number, read: number[]): PathSession => ({
  start: { length: 0, tensors: {} },
  async run(ids, cache) {
    read.push(ids.length);
    const logits_TV = new Float32Array(257);
    logits_TV[id] = 1;
    return { logits_TV, vocabulary: 257, cache: { ...cache, length: cache.length + ids.length } };
  },
  release: async () => {},
});

const reroute = async (changes: Partial<ReroutingOptions> = {}, maxTokens = 16) => {
  const moves: Move[] = [];
  const opened: string[] = [];
  const read: number[] = [];
  const open = async (path: string) => {
    opened.push(path);
    return saying(path === '0' ? 100 : 5, read);
  };
  const prompt = [10, 10, 10, 10];
  const by = { router, tokenizer, features };
  const sessionAt = rerouting({
    by,
    every: 4,
    prompt,
    first: '0',
    open,
    onMove: (m) => void moves.push(m),
    ...changes,
  });
  const question = { prompt, maxTokens, stop: [], ...sampling, temperature: 0 };
  for await (const _piece of answer({ sessionAt, tokenizer, context: 64 }, question));
  return { moves, opened, read };
};

test('every W tokens the path is chosen by all that was read so far, the prompt included', async () => {
  const { moves, opened, read } = await reroute();
  // The means after 4, 8 and 12 tokens of the answer: 55, 38, 54; the border is at 50.
  expect(moves.map(({ at, from, path }) => [at, from, path])).toEqual([
    [4, '0', '1'],
    [8, '1', '0'],
    [12, '0', '1'],
  ]);
  expect(opened).toEqual(['0', '1', '0', '1']);
  // A new path reads the window once: END_OF_TEXT, the prompt and the answer so far.
  expect(read.filter((count) => count > 1)).toEqual([5, 9, 13, 17]);
});

test('a path that cannot be opened is not moved to: the present one goes on, and the next choice tries again', async () => {
  let attempts = 0;
  const read: number[] = [];
  const open = async (path: string) => {
    if (path === '1' && attempts++ === 0) throw new Error('the download broke');
    return saying(path === '0' ? 100 : 5, read);
  };
  const { moves } = await reroute({ open });
  // By the same path to token 8 the mean is 70.
  expect(moves.map(({ at, from, path }) => [at, from, path])).toEqual([[8, '0', '1']]);
  expect(read).toHaveLength(16);
});

test('a router that reads no features, or W beyond the answer, never moves', async () => {
  const random = {
    version: 1,
    paths: ['0', '1'],
    prefixBytes: 4,
    prefixTokens: 4,
    kind: 'random' as const,
    seed: 1,
  } satisfies Router;
  expect((await reroute({ by: { router: random, tokenizer, features: null } })).moves).toEqual([]);
  expect((await reroute({ every: 16 })).moves).toEqual([]);
});

test('the evidence is that of the summed scores, and tokens to come have no part in it', async () => {
  const asked: number[][] = [];
  const noting = {
    ...features,
    feature(ids: readonly number[]) {
      asked.push([...ids]);
      return features.feature(ids);
    },
  };
  const prompt = [1, 2, 3, 4, 5, 6, 7, 80, 90, 99];
  const sessionAt = rerouting({
    ...{ by: { router, tokenizer, features: noting }, every: 3, prompt, first: '0' },
    ...{ open: async () => saying(1, []), onMove: () => {} },
  });
  await sessionAt([]);
  expect(asked).toEqual([]);
  await sessionAt([200, 201, 202]);
  expect(asked).toEqual([[1, 2, 3, 4], [5, 6, 7, 80], [90, 99, 200, 201], [202]]);
  const sums = router.centroids[0]!.map(([centre]) =>
    asked.reduce((sum, ids) => sum - ids.length * (ids.reduce((a, b) => a + b) / ids.length - centre!) ** 2, 0),
  );
  const mean = [...prompt, 200, 201, 202].reduce((a, b) => a + b) / 13;
  expect(sums[0]! > sums[1]! ? 0 : 1).toBe(assignPath(router, [mean]));
});

test('an answer that goes on elsewhere is the same answer', async () => {
  const path = randomPath({ context: 16, vocabulary: 300 });
  const session = await openSession(pathOnnx(path, { cached: true }));
  const prompt = [0, 5, 17, 250];
  const whole: number[] = [];
  for await (const id of generate(() => session, 16, prompt, sampler(sampling, VOCABULARY)))
    if (whole.push(id) === 40) break;
  expect(new Set(whole).size).toBeGreaterThan(20);
  for (const answered of [1, 12, 13, 14, 30]) {
    const window = windowAfter(16, prompt, whole.slice(0, answered));
    const rest: number[] = [];
    const continuation = { ...sampling, window, answered, tokens: 40 - answered, vocabulary: VOCABULARY };
    for await (const id of continueAnswer(session, 16, continuation)) rest.push(id);
    expect(rest, `after ${answered}`).toEqual(whole.slice(answered));
  }
  await session.release();
});

test('what a run with one path writes is a router too', async () => {
  const single = readRunRouter(JSON.parse(JSON.stringify({ kind: 'single', paths: ['0'] })));
  const choice = await routeText({ router: single, tokenizer, features: null }, 'the cat');
  expect(single.paths[choice.path]).toBe('0');
  expect(readRunRouter(JSON.parse(JSON.stringify(router)))).toEqual({ ...router });
  expect(() => readRunRouter({ kind: 'single', paths: [] })).toThrow('this is no router');
});
