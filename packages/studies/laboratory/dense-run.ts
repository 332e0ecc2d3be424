import type { BlobStore } from '@pathfold/blobs/blob-store';
import { bytesOf } from '@pathfold/checkpoint/layout';
import { DENSE_PATH, densePath, loadPath, splitPath } from '@pathfold/checkpoint/path';
import type { ModelRun, ModuleFacts, RunFacts } from '@pathfold/coordination/work-plan';
import type { BlobRef } from '@pathfold/protocol/blob';
import type { RunSpec } from '@pathfold/protocol/run-spec';

export interface DenseRun {
  readonly spec: RunSpec;
  /** Where it starts, flat. */
  readonly theta: Float32Array;
  readonly shard: BlobRef;
  readonly shardTokens: number;
  readonly documents: ModelRun['documents'];
  readonly tokenizer: BlobRef;
}

/** A dense run for the laboratory, as the server makes them: its modules become blobs. */
export async function denseRun(blobs: BlobStore, run: DenseRun): Promise<ModelRun> {
  const { spec, theta, shard, shardTokens, documents, tokenizer } = run;
  const modules: Record<string, ModuleFacts> = {};
  const dense = densePath(spec.model);
  for (const [i, values] of splitPath(theta, dense).entries()) {
    const { name, parameterCount } = dense.modules[i]!;
    modules[name] = { parameterCount, version: 0, blob: await blobs.put(bytesOf(values)), state: null };
  }
  const path = { modules: Object.keys(modules), shard, shardTokens };
  return { id: 'r', spec, modules, paths: { [DENSE_PATH]: path }, documents, tokenizer, base: null, routing: null };
}

/** The parameters of a run's dense path as they are now, flat. */
export async function thetaOf(blobs: BlobStore, facts: RunFacts): Promise<Float32Array> {
  const { modules } = facts.paths[DENSE_PATH]!;
  return loadPath(modules, async (name) => (await blobs.get(facts.modules[name]!.blob.sha256))!);
}
