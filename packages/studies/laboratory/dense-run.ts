import type { BlobStore } from '@pathfold/blobs/blob-store';
import { bytesOf, floatsOf } from '@pathfold/compression/float32';
import type { ModuleFacts, RunFacts } from '@pathfold/coordination/work-plan';
import type { BlobRef } from '@pathfold/protocol/blob';
import { levelsOf, type RunSpec } from '@pathfold/protocol/run-spec';
import { joinModules, type PathShape, pathShape } from '@pathfold/training/path';

/** The only path of a dense model. */
export const DENSE_PATH = '0';

export const densePath = (spec: RunSpec): PathShape => pathShape(spec.model, levelsOf(spec), DENSE_PATH);

export interface DenseRun {
  readonly spec: RunSpec;
  /** Where it starts, flat. */
  readonly theta: Float32Array;
  readonly shard: BlobRef;
  readonly shardTokens: number;
  readonly documents: RunFacts['documents'];
  readonly tokenizer: BlobRef;
}

/** A dense run for the laboratory, as the server makes them: its modules become blobs. */
export async function denseRun(blobs: BlobStore, run: DenseRun): Promise<RunFacts> {
  const { spec, theta, shard, shardTokens, documents, tokenizer } = run;
  const modules: Record<string, ModuleFacts> = {};
  let offset = 0;
  for (const { name, parameterCount } of densePath(spec).modules) {
    const blob = await blobs.put(bytesOf(theta.subarray(offset, offset + parameterCount)));
    modules[name] = { parameterCount, version: 0, blob, state: null };
    offset += parameterCount;
  }
  const path = { modules: Object.keys(modules), shard, shardTokens };
  return { id: 'r', spec, modules, paths: { [DENSE_PATH]: path }, documents, tokenizer, base: null, routing: null };
}

/** The parameters of a run's dense path as they are now, flat. */
export async function thetaOf(blobs: BlobStore, facts: RunFacts): Promise<Float32Array> {
  const { modules } = facts.paths[DENSE_PATH]!;
  const parts = modules.map(async (name) => {
    const { blob, parameterCount } = facts.modules[name]!;
    return floatsOf((await blobs.get(blob.sha256))!, parameterCount);
  });
  return joinModules(await Promise.all(parts));
}
