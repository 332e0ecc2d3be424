import type { BlobStore } from '@pathfold/blobs/blob-store';
import { bytesOf } from '@pathfold/checkpoint/layout';
import { pathIds, pathModules } from '@pathfold/checkpoint/levels';
import { densePath, splitPath } from '@pathfold/checkpoint/path';
import type { ModuleFacts, PathFacts, RoutingFacts, RunFacts } from '@pathfold/coordination/work-plan';
import { encodeTokens, joinDocuments } from '@pathfold/corpora/shards';
import { levelsOf, RunSpec } from '@pathfold/protocol/run-spec';
import { encodeAssignment } from '@pathfold/works/assigned';
import { byteTokenizer } from '../byte-corpus.ts';
import { domainGroups } from '../diloco/shards.ts';
import type { Blocks } from './blocks.ts';
import { type ArmConfig, LOOKS } from './settings.ts';

/** The run that an arm is on the product. Its rounds have no deadline that anybody could miss. */
export const specOf = (config: ArmConfig, seed: number): RunSpec => {
  const { model, inner, outer, exchange, totalSteps, levels, embedding, replicas, routing, base, patience } = config;
  return RunSpec.parse({
    ...{
      name: 'dipaco',
      corpus: 'starter',
      seed,
      model,
      inner,
      outer,
      exchange,
      totalSteps,
      levels,
      embedding,
      replicas,
    },
    base: { steps: base.steps },
    routing: {
      ...{ overlap: routing.overlap, rounds: routing.rounds },
      kind: routing.kind === 'domains' ? 'random' : routing.kind,
    },
    earlyStopping: patience === null ? null : { patience },
    evaluateEvery: Math.max(1, Math.round(totalSteps / (LOOKS * inner.steps))),
    roundDeadlineMs: 86_400_000,
  });
};

/** A run for the laboratory, as the server makes them: every expert of a level starts as its part of `theta`. */
export async function mixtureRun(
  blobs: BlobStore,
  config: ArmConfig,
  spec: RunSpec,
  theta: Float32Array,
  blocks: Blocks,
): Promise<RunFacts> {
  const { model, embedding } = spec;
  const levels = levelsOf(spec);
  const json = (value: unknown) => blobs.put(new TextEncoder().encode(JSON.stringify(value)));
  const stream = (documents: Blocks['train']) =>
    blobs.put(encodeTokens(joinDocuments(documents.map(({ ids }) => ids))));

  const documents = {
    train: await stream(blocks.train),
    router: await stream(blocks.router),
    test: await stream(blocks.test),
    domains: await json(domainsOf(blocks)),
  };
  const ids = pathIds(levels);
  const isDense = ids.length === 1;
  const modules: Record<string, ModuleFacts> = {};
  const paths: Record<string, PathFacts> = {};
  for (const id of ids) {
    const shapes = pathModules(model, levels, id, embedding);
    const parts = splitPath(theta, { modules: shapes });
    for (const [i, { name, parameterCount }] of shapes.entries())
      modules[name] ??= { parameterCount, version: 0, blob: await blobs.put(bytesOf(parts[i]!)), state: null };
    const shardTokens = isDense ? documents.train.bytes / 2 : 0;
    paths[id] = { modules: shapes.map(({ name }) => name), shard: isDense ? documents.train : null, shardTokens };
  }
  const dense = densePath(model);
  const base = await Promise.all(
    splitPath(theta, dense).map(async (part, i) => ({
      ...{ name: dense.modules[i]!.name, version: 0 },
      ...(await blobs.put(bytesOf(part))),
    })),
  );
  const tokenizer = await blobs.put(new TextEncoder().encode(byteTokenizer()));
  const facts: RunFacts = { id: 'r', spec, modules, paths, documents, tokenizer, base, routing: null };
  if (config.routing.kind === 'domains') await routeByDomain(blobs, facts, blocks);
  return facts;
}

const SPLITS = ['train', 'router', 'test'] as const;

function domainsOf(blocks: Blocks) {
  const names = [...new Set(blocks.train.map(({ domain }) => domain))];
  const places = Object.fromEntries(
    SPLITS.map((split) => [split, blocks[split].map(({ domain }) => names.indexOf(domain))]),
  );
  return { names, ...places };
}

/** Shards of whole domains, and every document by its own: what no router knows. */
async function routeByDomain(blobs: BlobStore, facts: RunFacts, blocks: Blocks): Promise<void> {
  const ids = Object.keys(facts.paths);
  const groups = domainGroups(blocks.train, ids.length);
  const groupOf = new Map(
    groups.flatMap((group, path) => group.map((at) => [blocks.train[at]!.domain, path] as const)),
  );
  const assigned = (split: 'router' | 'test') => blocks[split].map(({ domain }) => groupOf.get(domain)!);
  for (const [path, id] of ids.entries()) {
    const tokens = joinDocuments(groups[path]!.map((at) => blocks.train[at]!.ids));
    Object.assign(facts.paths[id]!, { shard: await blobs.put(encodeTokens(tokens)), shardTokens: tokens.length });
  }
  const counts = (list: readonly number[]) => ids.map((_, path) => list.filter((one) => one === path).length);
  const none = await blobs.put(new TextEncoder().encode('no router: documents go by their domain'));
  const routing: RoutingFacts = {
    ...{ version: 1, router: none, shards: none },
    assignment: await blobs.put(encodeAssignment({ router: assigned('router'), test: assigned('test') })),
    counts: {
      train: groups.map((group) => group.length),
      router: counts(assigned('router')),
      test: counts(assigned('test')),
    },
  };
  facts.routing = routing;
}
