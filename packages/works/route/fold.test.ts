import { sha256Of } from '@pathfold/blobs/memory';
import { trainTokenizer } from '@pathfold/corpora/bpe';
import { scoredPart } from '@pathfold/corpora/scoring';
import { decodeTokens, documentsOf, encodeTokens, joinDocuments } from '@pathfold/corpora/shards';
import { readTokenizer } from '@pathfold/corpora/tokenizer';
import type { PathShard } from '@pathfold/protocol/resources';
import { readRouter } from '@pathfold/routing/assign/router';
import { beforeEach, expect, test } from 'vitest';
import { readAssignment } from '../assigned.ts';
import { encodeScores } from '../document-scores.ts';
import { routeFold } from './fold.ts';
import type { RouteFoldInput } from './task.ts';

const WIDTH = 2;
const tokenizerJson = trainTokenizer(['north wind and south sea'], 270);
const tokenizer = readTokenizer(tokenizerJson);
const stored = new Map<string, Uint8Array>();
const blobs = {
  async put(bytes: Uint8Array) {
    const sha256 = await sha256Of(bytes);
    stored.set(sha256, bytes);
    return { sha256, bytes: bytes.byteLength };
  },
  get: async (sha256: string) => stored.get(sha256)!,
};
const json = (value: unknown) => blobs.put(new TextEncoder().encode(JSON.stringify(value)));
const read = async <T>({ sha256 }: { sha256: string }) =>
  JSON.parse(new TextDecoder().decode(await blobs.get(sha256))) as T;
const stream = (texts: readonly string[]) => encodeTokens(joinDocuments(texts.map((text) => tokenizer.encode(text))));

/** Documents of two domains in turn; their features lie far apart. */
const texts = (count: number) =>
  Array.from({ length: count }, (_, i) => `${i % 2 ? 'south sea' : 'north wind'} ${i} `.repeat(3));
const rows = (count: number, flip = 0) =>
  Float32Array.from({ length: WIDTH * count }, (_, i) => ((i >> 1) % 2 === flip ? 4 : -4) + ((i * 7919) % 13) / 26);

let input: RouteFoldInput;
beforeEach(async () => {
  const counts = { train: 12, router: 6, test: 4 };
  const parts = Object.values(counts).map((count) => blobs.put(new Uint8Array(rows(count).buffer)));
  const hash = 'b'.repeat(64);
  input = {
    ...{ version: 1, kind: 'discriminative', seed: 1, overlap: 1, prefixBytes: 4, context: 8, width: WIDTH },
    ...{ experts: [2], paths: ['0', '1'], features: null, losses: [], grow: null, confirmed: true },
    documents: {
      train: await blobs.put(stream(texts(counts.train))),
      router: await blobs.put(stream(texts(counts.router))),
      test: await blobs.put(stream(texts(counts.test))),
      domains: await json({ names: ['north', 'south'], train: texts(counts.train).map((_, i) => i % 2) }),
    },
    tokenizer: await blobs.put(new TextEncoder().encode(tokenizerJson)),
    base: [{ name: 'embedding', version: 0, sha256: hash, bytes: 4 }],
    parts: (await Promise.all(parts)).map(({ sha256 }) => ({ sha256 })),
  };
});

test('documents that differ in their features train different paths, all of them once', async () => {
  const { routing } = await routeFold.fold(input, blobs);
  const shards = Object.values(routing!.paths).map(({ shard }) => documentsOf(decodeTokens(stored.get(shard.sha256)!)));
  const decoded = shards.map((documents) => documents.map((ids) => tokenizer.decode(ids)));
  expect(decoded.flat().toSorted()).toEqual(texts(12).toSorted());
  for (const shard of decoded) expect(new Set(shard.map((text) => text.slice(0, 5))).size).toBe(1);
  expect(routing!.counts).toEqual({ train: [6, 6], router: [3, 3], test: [2, 2] });
  const { test: assigned } = readAssignment(await blobs.get(routing!.assignment.sha256));
  expect([assigned[0], assigned[1]]).toEqual([assigned[2], assigned[3]]);
  expect(assigned[0]).not.toBe(assigned[1]);
  expect(readRouter(await read(routing!.router))).toMatchObject({ kind: 'kmeans', version: 1, base: ['b'.repeat(64)] });
  const shown = await read<PathShard[]>(routing!.shards);
  expect(shown[0]).toMatchObject({ path: '0', documents: 6, domains: [{ share: 1 }] });
  expect(shown[0]!.samples[0]).toMatch(/^(north|south)/);
});

test('of each path it is told how many of its documents are longer than what is never scored', async () => {
  const longest = (await routeFold.fold({ ...input, prefixBytes: 1000 }, blobs)).routing!;
  expect(longest.scored).toEqual({ router: [0, 0], test: [0, 0] });
  const { counts, scored } = (await routeFold.fold(input, blobs)).routing!;
  expect(scored).toEqual({ router: counts.router, test: counts.test });
});

test('the same input gives the same bytes', async () => {
  expect(await routeFold.fold(input, blobs)).toEqual(await routeFold.fold(input, blobs));
});

test('with overlap a document trains its best paths', async () => {
  const { routing } = await routeFold.fold({ ...input, overlap: 2 }, blobs);
  expect(routing!.counts.train).toEqual([12, 12]);
  expect(routing!.counts.test).toEqual([2, 2]);
});

/** The losses of a path on the router documents, each with its number. */
const lossOf = async (path: string, natsOf: (document: number) => number, odd: object = {}) => {
  const documents = texts(6).map((text, document) => {
    const { tokens, bytes } = scoredPart(tokenizer.encode(text), tokenizer.byteLengths, input.prefixBytes);
    return { document, tokens, bytes, nats: natsOf(document), ...(document === 5 && odd) };
  });
  return { path, sha256: (await blobs.put(encodeScores({ documents }))).sha256 };
};

test('losses from which no path could get its documents leave all where they are, and say why', async () => {
  const paths = ['0', '1', '2'];
  const three = { ...input, experts: [3], paths };
  const { features } = (await routeFold.fold(three, blobs)).result as { features: RouteFoldInput['features'] };
  const losses = await Promise.all(paths.map((path) => lossOf(path, () => (path === '0' ? 20 : 25))));
  const output = await routeFold.fold({ ...three, version: 2, features, parts: [], losses }, blobs);
  expect(output.routing).toBeUndefined();
  expect(output.result).toMatchObject({ features, kept: expect.stringMatching(/no document can be given to path/) });
});

test('routed anew, a document goes where the paths say that it is best', async () => {
  const first = await routeFold.fold(input, blobs);
  const { features } = first.result as { features: RouteFoldInput['features'] };
  const losses = [
    await lossOf('0', (document) => (document % 2 === 1 ? 20 : 25)),
    await lossOf('1', (document) => (document % 2 === 0 ? 20 : 25)),
  ];
  const { routing } = await routeFold.fold({ ...input, version: 2, features, parts: [], losses }, blobs);
  expect(readAssignment(await blobs.get(routing!.assignment.sha256)).router).toEqual([1, 0, 1, 0, 1, 0]);
  expect(readRouter(await read(routing!.router))).toMatchObject({ kind: 'discriminative', version: 2 });
});

test.each([
  ['other documents than the router documents', { document: 7 }],
  ['other tokens than are scored of them', { tokens: 1 }],
])('losses of %s are refused', async (_, odd) => {
  const { features } = (await routeFold.fold(input, blobs)).result as { features: RouteFoldInput['features'] };
  const losses = [await lossOf('0', () => 20), await lossOf('1', () => 25, odd)];
  await expect(routeFold.fold({ ...input, version: 2, features, parts: [], losses }, blobs)).rejects.toMatchObject({
    code: 'bad_payload',
    detail: expect.stringContaining('path 1 did not score'),
  });
});

test('shards are pulled halfway from what is best to equal sizes, or as far as a study says', async () => {
  const first = await routeFold.fold(input, blobs);
  const { features } = first.result as { features: RouteFoldInput['features'] };
  const losses = [await lossOf('0', (document) => (document === 1 ? 25 : 20)), await lossOf('1', () => 22)];
  const anew = { ...input, version: 2, features, parts: [], losses };
  const largest = async (asked: object) => {
    const { routing } = await routeFold.fold({ ...anew, ...asked }, blobs);
    return Math.max(...routing!.counts.train);
  };
  const [own, half, even] = [await largest({ evenness: 0 }), await largest({}), await largest({ evenness: 1 })];
  expect([own, even]).toEqual([10, 6]);
  expect(half).toBe(8);
});

const growth = {
  levels: [{ experts: 3, blocks: 1 }],
  ...{ paths: ['0', '1', '2'], modules: { 'level0.2': 'level0.0' } },
  grown: { '2': { from: '0', modules: ['embedding', 'level0.2', 'head'] } },
};

test('a run whose documents are too few does not grow, and it is said why', async () => {
  const first = await routeFold.fold(input, blobs);
  const { features } = first.result as { features: RouteFoldInput['features'] };
  const context = Math.min(...Object.values(first.routing!.paths).map(({ shardTokens }) => shardTokens)) - 1;
  const grow = { growth, router: first.routing!.router };
  const output = await routeFold.fold(
    { ...input, version: 2, context, paths: growth.paths, features, parts: [], grow },
    blobs,
  );
  expect(output.routing).toBeUndefined();
  expect(output.result).toEqual({ features, kept: expect.stringMatching(/the shard of path \d has \d+ tokens/) });
});

test('a new path takes half of the documents of the one that it grew from; the others keep theirs', async () => {
  const first = await routeFold.fold(input, blobs);
  const { features } = first.result as { features: RouteFoldInput['features'] };
  const grow = { growth, router: first.routing!.router };
  const { routing } = await routeFold.fold(
    { ...input, version: 2, paths: growth.paths, features, parts: [], grow },
    blobs,
  );
  expect(routing!.growth).toEqual(growth);
  expect(routing!.paths['1']).toEqual(first.routing!.paths['1']);
  const [kept, , grown] = routing!.counts.train;
  expect(kept! + grown!).toBe(first.routing!.counts.train[0]);
  expect(Math.abs(kept! - grown!)).toBeLessThanOrEqual(2);
});

test('random shards need no features, and growth takes from one of them alone', async () => {
  const random = { ...input, kind: 'random' as const, prefixBytes: 16, context: 16, base: null, parts: [] };
  const { routing } = await routeFold.fold(random, blobs);
  expect(routing!.counts.train.reduce((a, b) => a + b)).toBe(12);
  const grow = { growth, router: routing!.router };
  const { routing: grown } = await routeFold.fold({ ...random, version: 2, paths: growth.paths, grow }, blobs);
  expect(grown!.paths['1']).toEqual(routing!.paths['1']);
  const [kept, , taken] = grown!.counts.train;
  expect(kept! + taken!).toBe(routing!.counts.train[0]);
});

test.each([
  [
    'more paths than documents',
    { paths: Array.from({ length: 13 }, (_, i) => `${i}`), experts: [13] },
    'corpus_too_short',
  ],
  ['a shard shorter than a window', { context: 4000 }, 'corpus_too_short'],
  ['features of other documents', { width: 3 }, 'bad_payload'],
])('refuses %s', async (_, change, code) => {
  await expect(routeFold.fold({ ...input, ...change }, blobs)).rejects.toMatchObject({ code });
});

test('features alike for all documents are refused', async () => {
  const parts = [12, 6, 4].map((count) => blobs.put(new Uint8Array(new Float32Array(WIDTH * count).buffer)));
  const same = (await Promise.all(parts)).map(({ sha256 }) => ({ sha256 }));
  await expect(routeFold.fold({ ...input, parts: same }, blobs)).rejects.toMatchObject({ code: 'corpus_too_short' });
});

test('features agree when each row lies within what executors differ by', async () => {
  const all = [rows(4), rows(4).map((x) => x * 1.0005), rows(4, 1)];
  const compare = await Promise.all(
    all.map(async (values, i) => ({ lease: `l${i}`, sha256: (await blobs.put(new Uint8Array(values.buffer))).sha256 })),
  );
  const agreed = async (...of: number[]) =>
    (await routeFold.fold({ compare: of.map((i) => compare[i]!), width: WIDTH }, blobs)).result;
  expect(await agreed(0, 1)).toEqual({ agreed: ['l0', 'l1'] });
  expect(await agreed(0, 2)).toEqual({ agreed: null });
  expect(await agreed(2, 0, 1)).toEqual({ agreed: ['l0', 'l1'] });
});
