import { floatsOf } from '@pathfold/checkpoint/layout';
import type { FoldBlobs, FoldOutput, WorkFold } from '@pathfold/coordination/work-plan';
import { prefixLength, scoredPart } from '@pathfold/corpora/scoring';
import { decodeTokens, documentsOf, encodeTokens, joinDocuments } from '@pathfold/corpora/shards';
import { readTokenizer } from '@pathfold/corpora/tokenizer';
import type { BlobRef } from '@pathfold/protocol/blob';
import { PathfoldError } from '@pathfold/protocol/errors';
import { type PathShard, SPLITS, type Split } from '@pathfold/protocol/resources';
import { assignPath, type Evidence } from '@pathfold/routing/assign/assign';
import { type Router, readRouter } from '@pathfold/routing/assign/router';
import { bestPaths, fitDiscriminative, fitKmeans, fitProduct, targetOf } from '@pathfold/routing/fit/fit';
import { growRouter } from '@pathfold/routing/fit/grow';
import { type Rows, rowOf, takeRows } from '@pathfold/routing/fit/rows';
import { shardsOf } from '@pathfold/routing/fit/shards';
import * as z from 'zod/mini';
import { encodeAssignment } from '../assigned.ts';
import { areScoresOf, readScores, sameScores } from '../document-scores.ts';
import { agreedOf, TOLERANCE } from '../queue/compared.ts';
import {
  AnyFoldInput,
  type Growth,
  type RouteCompareInput,
  type RouteFoldInput,
  RouteTask,
  type StudiedFoldInput,
} from './task.ts';

/** How far shards of a discriminative router are pulled from what is best for the router documents to equal sizes. */
const EVENNESS = 0.5;
/** Sample documents told of each shard, and their tokens. */
const SAMPLES = 4;
const SAMPLE_TOKENS = 60;

/** Routing's half that touches numbers: checks, the router, and the shards. */
export const routeFold: WorkFold = {
  name: 'route',

  /** Answers `{ documents }`. Throws PathfoldError `wrong_size`, `not_finite`, `bad_payload`, `bad_steps`. */
  check(body, payload, report): Record<string, number> {
    const task = RouteTask.parse(body);
    if (task.type === 'losses') {
      const scores = readScores(payload);
      const tokens = scores.reduce((sum, score) => sum + score.tokens, 0);
      if (report.steps !== tokens)
        throw new PathfoldError('bad_steps', `${report.steps} steps reported where ${tokens} tokens are scored`);
      return { documents: scores.length };
    }
    const { width } = task.model;
    if (payload.byteLength % (4 * width) !== 0)
      throw new PathfoldError('wrong_size', `${payload.byteLength} bytes are no rows of ${width} numbers`);
    if (!floatsOf(payload).every(Number.isFinite))
      throw new PathfoldError('not_finite', 'a feature of a document is not finite');
    return { documents: payload.byteLength / (4 * width) };
  },

  /**
   * Fits the router, routes every document, and cuts the shards; or tells which of several answers to a part agree.
   * Losses from which no router can be learnt that gives every path its documents (none of them is best at anything
   * yet), and growth for which a path has too few documents to share, leave all as it is, and the result says why.
   * Deterministic. Throws `corpus_too_short`.
   */
  async fold(raw, blobs): Promise<FoldOutput> {
    const input = AnyFoldInput.parse(raw);
    if ('compare' in input) return { modules: [], figures: null, result: await compare(input, blobs) };
    const texts = await readTexts(input, blobs);
    const features = input.kind === 'random' ? null : await readFeatures(input, texts, blobs);
    const unmoved = { modules: [], figures: null, result: { features: features?.blob ?? null, kept: null } };
    try {
      return { ...unmoved, routing: await routingOf(input, texts, features, blobs) };
    } catch (error) {
      if ((input.losses.length === 0 && !input.grow) || !isTooShort(error)) throw error;
      return { ...unmoved, result: { ...unmoved.result, kept: error.detail } };
    }
  },
};

const isTooShort = (error: unknown): error is PathfoldError =>
  error instanceof PathfoldError && error.code === 'corpus_too_short';

async function routingOf(
  input: StudiedFoldInput,
  texts: Texts,
  features: Features | null,
  blobs: FoldBlobs,
): Promise<NonNullable<FoldOutput['routing']>> {
  const evidence = evidenceOf(input, texts, features);
  const router: Router = await refusing(() => fit(input, texts, features, blobs));
  const shards = shardsOf(router, evidence.train, input.overlap);
  const assigned = {
    router: evidence.router.map((one) => assignPath(router, one)),
    test: evidence.test.map((one) => assignPath(router, one)),
  };
  const json = (value: unknown) => blobs.put(new TextEncoder().encode(JSON.stringify(value)));
  const paths: Record<string, { shard: BlobRef; shardTokens: number }> = {};
  for (const [index, path] of input.paths.entries()) {
    const stream = joinDocuments(shards[index]!.map((document) => texts.documents.train[document]!));
    if (stream.length <= input.context)
      throw new PathfoldError(
        'corpus_too_short',
        `the shard of path ${path} has ${stream.length} tokens, a window needs ${input.context + 1}: ask for fewer paths, or add documents`,
      );
    paths[path] = { shard: await blobs.put(encodeTokens(stream)), shardTokens: stream.length };
  }
  const countsOf = (list: readonly number[]) =>
    input.paths.map((_, path) => list.reduce((count, one) => count + (one === path ? 1 : 0), 0));
  const { byteLengths } = texts.tokenizer;
  const isScored = (ids: Uint16Array) => scoredPart(ids, byteLengths, input.prefixBytes).tokens > 0;
  const scoredOf = (split: 'router' | 'test') =>
    countsOf(assigned[split].filter((_, document) => isScored(texts.documents[split][document]!)));
  return {
    version: input.version,
    growth: input.grow?.growth ?? null,
    confirmed: input.confirmed,
    router: await json(router),
    assignment: await blobs.put(encodeAssignment(assigned)),
    shards: await json(describe(input, texts, shards)),
    counts: {
      train: shards.map((shard) => shard.length),
      router: countsOf(assigned.router),
      test: countsOf(assigned.test),
    },
    scored: { router: scoredOf('router'), test: scoredOf('test') },
    paths,
  };
}

async function compare({ compare, width }: RouteCompareInput, blobs: FoldBlobs) {
  const answers = await Promise.all(
    compare.map(async (answer) => ({ ...answer, bytes: await blobs.get(answer.sha256) })),
  );
  if (width === null)
    return agreedOf(
      answers.map(({ bytes, ...answer }) => ({ ...answer, scores: readScores(bytes) })),
      (a, b) => sameScores(a.scores, b.scores),
    );
  const rows = answers.map(({ bytes, ...answer }) => ({ ...answer, rows: { values: floatsOf(bytes), width } }));
  return agreedOf(rows, (a, b) => sameRows(a.rows, b.rows));
}

/** Whether two volunteers found the same features: each row by its distance, over its length. */
function sameRows(a: Rows, b: Rows): boolean {
  const { values, width } = a;
  if (values.length !== b.values.length) return false;
  for (let start = 0; start < values.length; start += width) {
    let [distance, size] = [0, 0];
    for (let i = start; i < start + width; i++) {
      distance += (values[i]! - b.values[i]!) ** 2;
      size += Math.max(values[i]! ** 2, b.values[i]! ** 2);
    }
    if (distance > TOLERANCE ** 2 * size) return false;
  }
  return true;
}

interface Texts {
  readonly documents: Record<Split, Uint16Array[]>;
  readonly domains: z.infer<typeof Domains>;
  readonly tokenizer: ReturnType<typeof readTokenizer>;
}

const Domains = z.object({ names: z.array(z.string()), train: z.array(z.int()) });

async function readTexts({ documents, tokenizer }: RouteFoldInput, blobs: FoldBlobs): Promise<Texts> {
  const text = async ({ sha256 }: BlobRef) => new TextDecoder().decode(await blobs.get(sha256));
  const of = async (split: Split) => documentsOf(decodeTokens(await blobs.get(documents[split].sha256)));
  return {
    documents: { train: await of('train'), router: await of('router'), test: await of('test') },
    domains: Domains.parse(JSON.parse(await text(documents.domains))),
    tokenizer: readTokenizer(await text(tokenizer)),
  };
}

interface Features {
  readonly blob: BlobRef;
  /** Rows of all documents, train then router then test. */
  readonly rows: Rows;
}

async function readFeatures(input: RouteFoldInput, { documents }: Texts, blobs: FoldBlobs): Promise<Features> {
  const { width, parts } = input;
  const from = input.features ? [input.features] : parts;
  const bytes = await Promise.all(from.map(({ sha256 }) => blobs.get(sha256)));
  const all = new Uint8Array(bytes.reduce((sum, part) => sum + part.byteLength, 0));
  bytes.reduce((offset, part) => {
    all.set(part, offset);
    return offset + part.byteLength;
  }, 0);
  const count = SPLITS.reduce((sum, split) => sum + documents[split].length, 0);
  if (all.byteLength !== 4 * width * count)
    throw new PathfoldError('bad_payload', `${all.byteLength} bytes of features for ${count} documents of ${width}`);
  return { blob: input.features ?? (await blobs.put(all)), rows: { values: floatsOf(all), width } };
}

/** The router's features of each document. */
function evidenceOf(
  { prefixBytes, context }: RouteFoldInput,
  { documents, tokenizer }: Texts,
  features: Features | null,
): Record<Split, Evidence[]> {
  let row = 0;
  const of = (split: Split) =>
    documents[split].map((ids): Evidence => {
      if (features) return rowOf(features.rows, row++);
      return ids.subarray(0, prefixLength(ids, tokenizer.byteLengths, { prefixBytes, prefixTokens: context }));
    });
  return { train: of('train'), router: of('router'), test: of('test') };
}

/** The router of this version: from clusters of features at first, later from what each path loses on the router documents. */
async function fit(
  input: StudiedFoldInput,
  { documents, tokenizer }: Texts,
  features: Features | null,
  blobs: FoldBlobs,
) {
  const { version, kind, seed, prefixBytes, context: prefixTokens, paths, experts, losses, grow } = input;
  const { evenness = EVENNESS } = input;
  const about = { version, paths, prefixBytes, prefixTokens, base: (input.base ?? []).map(({ sha256 }) => sha256) };
  const { values, width } = features?.rows ?? { values: new Float32Array(), width: 0 };
  const rowsOf = (from: number, count: number): Rows => ({
    values: values.subarray(from * width, (from + count) * width),
    width,
  });
  const count = documents.train.length;
  const train = { features: rowsOf(0, count), weights: documents.train.map((ids) => ids.length + 1) };
  if (grow)
    return growRouter({
      router: await oldRouter(grow.router, blobs),
      about,
      train,
      grown: splitsOf(paths, grow.growth),
      seed,
    });
  if (!features) return { version, paths, prefixBytes, prefixTokens, kind: 'random' as const, seed };
  if (losses.length === 0) {
    const options = { about, ...train, seed };
    return kind === 'product' ? fitProduct({ ...options, experts }) : fitKmeans(options);
  }
  const scored = await Promise.all(losses.map(async ({ sha256 }) => readScores(await blobs.get(sha256))));
  const [first] = scored;
  const due = documents.router.map((ids) => scoredPart(ids, tokenizer.byteLengths, prefixBytes).tokens);
  const odd = scored.findIndex((scores) => !areScoresOf(scores, due));
  if (odd >= 0)
    throw new PathfoldError(
      'bad_payload',
      `path ${paths[odd]} did not score what is to be scored of the router documents`,
    );
  const labelled = first!.filter(({ tokens }) => tokens > 0).map(({ document }) => document);
  const labels = bestPaths(scored.map((scores) => labelled.map((document) => scores[document]!.nats)));
  const router = { features: takeRows(rowsOf(count, documents.router.length), labelled), labels };
  return fitDiscriminative({ about, router, train, target: targetOf(labels, paths.length, evenness) });
}

const oldRouter = async ({ sha256 }: BlobRef, blobs: FoldBlobs): Promise<Router> =>
  readRouter(JSON.parse(new TextDecoder().decode(await blobs.get(sha256))));

/** By place of a new path, the place of the one whose shard it shares. */
const splitsOf = (paths: readonly string[], { grown }: Growth): Map<number, number> =>
  new Map(Object.entries(grown).map(([id, { from }]) => [paths.indexOf(id), paths.indexOf(from)]));

/** The public facts of each shard: its domains by share of its tokens, and the beginnings of some documents. */
function describe({ paths }: RouteFoldInput, texts: Texts, shards: readonly (readonly number[])[]): PathShard[] {
  const { documents, domains, tokenizer } = texts;
  return paths.map((path, index) => {
    const shard = shards[index]!;
    const byDomain = new Map<string, number>();
    let tokens = 0;
    for (const document of shard) {
      const name = domains.names[domains.train[document]!]!;
      const length = documents.train[document]!.length;
      byDomain.set(name, (byDomain.get(name) ?? 0) + length);
      tokens += length;
    }
    const every = Math.max(1, Math.floor(shard.length / SAMPLES));
    return {
      path,
      documents: shard.length,
      tokens,
      domains: [...byDomain]
        .map(([name, part]) => ({ name, share: part / tokens }))
        .toSorted((a, b) => b.share - a.share),
      samples: shard
        .filter((_, i) => i % every === 0)
        .slice(0, SAMPLES)
        .map((document) => tokenizer.decode(documents.train[document]!.subarray(0, SAMPLE_TOKENS))),
    };
  });
}

/** A refusal of routing is told as the corpus' fault: too few documents, or all alike. */
async function refusing<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof RangeError ? new PathfoldError('corpus_too_short', error.message) : error;
  }
}
