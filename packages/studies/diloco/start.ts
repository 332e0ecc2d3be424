import { bytesOf, floatsOf } from '@pathfold/checkpoint/layout';
import { newRun } from '@pathfold/checkpoint/new-run';
import { densePath } from '@pathfold/checkpoint/path';
import { fromBase } from '@pathfold/checkpoint/sources/base';
import { initPath } from '@pathfold/checkpoint/sources/seed';
import type { Json } from '@pathfold/coordination/work-plan';
import { encodeTokens, joinDocuments } from '@pathfold/corpora/shards';
import type { BlobRef } from '@pathfold/protocol/blob';
import { RunSpec } from '@pathfold/protocol/run-spec';
import type { Executor } from '@pathfold/tensors/executors/executor';
import { features } from '@pathfold/training/features';
import { trainFold } from '@pathfold/works/train/fold';
import { trainPlan } from '@pathfold/works/train/plan';
import { trainRun } from '@pathfold/works/train/run';
import { type ByteDocument, byteTokenizer } from '../byte-corpus.ts';
import { Laboratory } from '../laboratory/laboratory.ts';
import { thetaOf } from '../laboratory/theta.ts';
import type { RunPorts } from '../run-ports.ts';
import type { ArmConfig } from './settings.ts';
import { clusters, domainGroups, encodeGroups } from './shards.ts';

/** The speed of all workers: they are equal, and virtual time is no currency of this study. */
export const TOKENS_PER_SECOND = 1000;

export const idsOf = (documents: readonly ByteDocument[]): Uint16Array[] => documents.map(({ ids }) => ids);

type Training = Pick<ArmConfig, 'model' | 'inner' | 'outer' | 'totalSteps' | 'workers'>;

/** The run that an arm is on the product. Its rounds have no deadline that anybody could miss. */
export const specOf = ({ model, inner, outer, totalSteps, workers }: Training, seed: number): RunSpec =>
  RunSpec.parse({
    name: 'diloco',
    corpus: 'starter',
    seed,
    model,
    inner,
    outer,
    totalSteps,
    replicas: Math.max(...workers),
    quorum: 1,
    roundDeadlineMs: 86_400_000,
  });

/** Begins the run in a laboratory. Answers its shard: all of `train`. */
export async function createRun(
  lab: Laboratory,
  spec: RunSpec,
  theta: Float32Array,
  train: readonly ByteDocument[],
): Promise<BlobRef> {
  const shard = await lab.blobs.put(encodeTokens(joinDocuments(idsOf(train))));
  const none = await lab.blobs.put(new Uint8Array(0));
  const tokenizer = await lab.blobs.put(new TextEncoder().encode(byteTokenizer()));
  const documents = { train: shard, router: none, test: none, domains: none };
  lab.create(await newRun(lab.blobs, { id: 'r', spec, source: fromBase(theta), documents, tokenizer }));
  return shard;
}

/** The parameters that all arms of a seed start from: one worker whose outer step is averaging, which is plain AdamW. */
export async function baseOf(
  { model, base: { cutFrom, ...inner } }: Pick<ArmConfig, 'model' | 'base'>,
  seed: number,
  executor: Executor,
  train: readonly ByteDocument[],
  ports: RunPorts,
): Promise<Float32Array> {
  const training: Training = {
    model,
    inner,
    outer: { kind: 'averaging', learningRate: 1, momentum: 0 },
    totalSteps: cutFrom ?? inner.steps,
    workers: [1],
  };
  const bytes = await ports.cached('base', { training, seed } as unknown as Json, async () => {
    ports.say('trains the base first');
    const spec = specOf(training, seed);
    const lab = new Laboratory({ kinds: [{ plan: trainPlan, fold: trainFold, runOf: () => trainRun }], executor });
    await createRun(lab, spec, initPath(densePath(spec.model), seed), train);
    lab.join({ id: 'base', tokensPerSecond: TOKENS_PER_SECOND });
    const { facts } = lab.state.runs['r']!;
    await lab.play(() => Object.values(facts.modules).every(({ version }) => version === 1));
    return bytesOf(await thetaOf(lab.blobs, facts));
  });
  return floatsOf(bytes);
}

/** The shard of each worker as a blob; null where all draw their windows from everything (iid). */
export async function shardsOf(
  { shards, workers, model }: ArmConfig,
  seed: number,
  executor: Executor,
  spec: RunSpec,
  base: Float32Array,
  train: readonly ByteDocument[],
): Promise<Uint8Array[] | null> {
  if (shards === 'iid') return null;
  const k = Math.max(...workers);
  if (shards === 'domains') return encodeGroups(train, domainGroups(train, k));
  const prefixTokens = Math.min(spec.routing.prefixBytes, model.context);
  const rows = await features({
    executor,
    path: densePath(spec.model),
    theta: base,
    documents: idsOf(train),
    prefixTokens,
  });
  return encodeGroups(train, clusters(train, rows, k, seed));
}
