import type { ModelRun, ModuleFacts, PathFacts } from '@pathfold/coordination/work-plan';
import { type BlobRef, TOKEN_BYTES } from '@pathfold/protocol/blob';
import { levelsOf } from '@pathfold/protocol/run-spec';
import { bytesOf, type ModuleShape } from './layout.ts';
import { pathIds, pathModules } from './levels.ts';
import { densePath, offsetsOf } from './path.ts';

/** First values of a module, flat, which lies `offset` parameters into its path: from a seed, or a base (`sources/`). */
export type Source = (module: ModuleShape, offset: number) => Float32Array;

export interface NewRun extends Pick<ModelRun, 'id' | 'spec' | 'documents' | 'documentCounts' | 'tokenizer'> {
  readonly source: Source;
}

/**
 * A run at its beginning: every module at version 0 as a blob, and the frozen base where its spec asks for one. One path
 * trains on all of the text; of several none has a shard before documents are routed.
 */
export async function newRun(
  blobs: { put(bytes: Uint8Array): Promise<BlobRef> },
  { id, spec, source, ...texts }: NewRun,
): Promise<ModelRun> {
  const { model, embedding } = spec;
  const levels = levelsOf(spec);
  const ids = pathIds(levels);
  const { train } = texts.documents;
  const [shard, shardTokens] = ids.length === 1 ? [train, train.bytes / TOKEN_BYTES] : [null, 0];
  const put = (module: ModuleShape, offset: number) => blobs.put(bytesOf(source(module, offset)));

  const modules: Record<string, ModuleFacts> = {};
  const paths: Record<string, PathFacts> = {};
  for (const path of ids) {
    const shapes = pathModules(model, levels, path, embedding);
    const offsets = offsetsOf(shapes);
    for (const [i, module] of shapes.entries()) {
      const { name, parameterCount } = module;
      modules[name] ??= { parameterCount, version: 0, blob: await put(module, offsets[i]!), state: null };
    }
    paths[path] = { modules: shapes.map(({ name }) => name), shard, shardTokens };
  }
  const dense = spec.base ? densePath(model).modules : [];
  const offsets = offsetsOf(dense);
  const base = await Promise.all(
    dense.map(async (module, i) => ({ name: module.name, version: 0, ...(await put(module, offsets[i]!)) })),
  );
  return { id, spec, modules, paths, ...texts, base: spec.base && base, routing: null };
}
