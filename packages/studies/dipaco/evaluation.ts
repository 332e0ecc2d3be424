import type { BlobStore } from '@pathfold/blobs/blob-store';
import type { RunFacts } from '@pathfold/coordination/work-plan';
import { moduleSlices } from '@pathfold/nets/modules';
import type { ModuleRef } from '@pathfold/protocol/blob';
import type { Evaluation } from '@pathfold/protocol/resources';
import { levelsOf } from '@pathfold/protocol/run-spec';
import type { Executor } from '@pathfold/tensors/executors/executor';
import { pathShape } from '@pathfold/training/path';
import { evaluateFold } from '@pathfold/works/evaluate/fold';
import { evaluateRun } from '@pathfold/works/evaluate/run';
import type { EvaluateFoldInput, EvaluateTask } from '@pathfold/works/evaluate/task';

/** Re-routing is measured down to this many tokens; here a token is a byte. */
const CHUNK_TOKENS = 16;

/**
 * The product's evaluation of a whole run: every path scores every test document. `thetas`: each path's parameters,
 * flat.
 */
export async function evaluateWhole(
  blobs: BlobStore,
  executor: Executor,
  { spec, paths, documents, tokenizer, routing }: RunFacts,
  thetas: Readonly<Record<string, Float32Array>>,
): Promise<Evaluation> {
  const { model, embedding } = spec;
  const levels = levelsOf(spec);
  const read = async (sha256: string) => (await blobs.get(sha256))!;
  const chunkTokens = routing ? CHUNK_TOKENS : null;
  const contributions: { path: string; sha256: string }[] = [];
  for (const [path, theta] of Object.entries(thetas)) {
    const modules: ModuleRef[] = [];
    for (const { name, offset, length } of moduleSlices(pathShape(model, levels, path, embedding).modules)) {
      const bytes = new Uint8Array(theta.slice(offset, offset + length).buffer);
      modules.push({ name, version: 0, ...(await blobs.put(bytes)) });
    }
    const task: EvaluateTask = {
      ...{ path, round: 0, model, levels, embedding, modules, documents: documents.test, tokenizer },
      ...{ prefixBytes: spec.routing.prefixBytes, assigned: null, chunkTokens },
    };
    const { payload } = await evaluateRun.execute(task, {
      executor,
      blob: ({ sha256 }) => read(sha256),
      kept: async () => null,
      clock: { now: () => 0, sleep: async () => {} },
      remainingMs: () => Number.POSITIVE_INFINITY,
      signal: new AbortController().signal,
      throttle: () => 1,
      onComputing() {},
      onProgress() {},
    });
    contributions.push({ path, ...(await blobs.put(payload)) });
  }
  const input: EvaluateFoldInput = {
    ...{ round: 0, paths: Object.keys(paths), assignment: routing?.assignment ?? null },
    ...{ domains: documents.domains, chunkTokens },
    contributions: contributions.map(({ path, sha256 }) => ({ path, sha256 })),
  };
  const output = await evaluateFold.fold(input, { get: read, put: (bytes) => blobs.put(bytes) });
  return output.result as unknown as Evaluation;
}
