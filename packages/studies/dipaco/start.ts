import type { BlobStore } from '@pathfold/blobs/blob-store';
import { newRun } from '@pathfold/checkpoint/new-run';
import { fromBase } from '@pathfold/checkpoint/sources/base';
import type { RoutingFacts, RunFacts } from '@pathfold/coordination/work-plan';
import { encodeTokens, joinDocuments } from '@pathfold/corpora/shards';
import { RunSpec } from '@pathfold/protocol/run-spec';
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

/** A run for the laboratory: every expert of a level starts as its part of `theta`. */
export async function mixtureRun(
  blobs: BlobStore,
  config: ArmConfig,
  spec: RunSpec,
  theta: Float32Array,
  blocks: Blocks,
): Promise<RunFacts> {
  const json = (value: unknown) => blobs.put(new TextEncoder().encode(JSON.stringify(value)));
  const stream = (documents: Blocks['train']) =>
    blobs.put(encodeTokens(joinDocuments(documents.map(({ ids }) => ids))));

  const documents = {
    train: await stream(blocks.train),
    router: await stream(blocks.router),
    test: await stream(blocks.test),
    domains: await json(domainsOf(blocks)),
  };
  const tokenizer = await blobs.put(new TextEncoder().encode(byteTokenizer()));
  const facts = await newRun(blobs, { id: 'r', spec, source: fromBase(theta), documents, tokenizer });
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
