import type { BlobStore } from '@pathfold/blobs/blob-store';
import { bytesOf } from '@pathfold/checkpoint/layout';
import { pathShape, splitPath } from '@pathfold/checkpoint/path';
import type { ModelRun } from '@pathfold/coordination/work-plan';
import type { ModuleRef } from '@pathfold/protocol/blob';
import type { Evaluation } from '@pathfold/protocol/resources';
import { levelsOf } from '@pathfold/protocol/run-spec';
import type { Executor } from '@pathfold/tensors/executors/executor';
import { type DocumentScore, readScores } from '@pathfold/works/document-scores';
import { evaluateFold } from '@pathfold/works/evaluate/fold';
import { evaluateRun } from '@pathfold/works/evaluate/run';
import type { EvaluateFoldInput, EvaluateTask } from '@pathfold/works/evaluate/task';

/** Re-routing is measured down to this many tokens; here a token is a byte. */
export const CHUNK_TOKENS = 16;

/** Each path's parameters, flat. */
export type Thetas = Readonly<Record<string, Float32Array>>;

/** The inputs of the product's evaluation. */
export interface Scoring {
  readonly blobs: BlobStore;
  readonly executor: Executor;
  readonly facts: ModelRun;
}

/** The product's evaluation of a whole run: every path scores every test document. Scores are by path. */
export async function evaluateWhole(
  scoring: Scoring,
  thetas: Thetas,
): Promise<{ evaluation: Evaluation; scores: DocumentScore[][] }> {
  const { blobs, facts } = scoring;
  const { paths, documents, routing } = facts;
  const contributions: { path: string; sha256: string }[] = [];
  const scores: DocumentScore[][] = [];
  for (const [path, theta] of Object.entries(thetas)) {
    const payload = await scorePath(scoring, path, theta, null);
    contributions.push({ path, sha256: (await blobs.put(payload)).sha256 });
    scores.push(readScores(payload));
  }
  const input: EvaluateFoldInput = {
    ...{ round: 0, paths: Object.keys(paths), assignment: routing?.assignment ?? null },
    ...{ domains: documents.domains, chunkTokens: routing ? CHUNK_TOKENS : null, contributions },
  };
  const get = async (sha256: string) => (await blobs.get(sha256))!;
  const output = await evaluateFold.fold(input, { get, put: (bytes) => blobs.put(bytes) });
  return { evaluation: output.result as unknown as Evaluation, scores };
}

/** Nats a byte when each path scores its own test documents alone. */
export async function evaluateOwn(scoring: Scoring, thetas: Thetas): Promise<number> {
  const { paths, routing } = scoring.facts;
  const { assignment } = routing!;
  let [nats, bytes] = [0, 0];
  for (const [index, path] of Object.keys(paths).entries()) {
    const payload = await scorePath(scoring, path, thetas[path]!, { assignment, split: 'test', path: index });
    for (const score of readScores(payload)) {
      nats += score.nats;
      bytes += score.bytes;
    }
  }
  return nats / bytes;
}

async function scorePath(
  { blobs, executor, facts }: Scoring,
  path: string,
  theta: Float32Array,
  assigned: EvaluateTask['assigned'],
): Promise<Uint8Array> {
  const { spec, documents, tokenizer, routing } = facts;
  const { model, embedding } = spec;
  const levels = levelsOf(spec);
  const shape = pathShape(model, levels, path, embedding);
  const modules: ModuleRef[] = [];
  for (const [i, values] of splitPath(theta, shape).entries())
    modules.push({ name: shape.modules[i]!.name, version: 0, ...(await blobs.put(bytesOf(values))) });
  const task: EvaluateTask = {
    ...{ path, round: 0, model, levels, embedding, modules, documents: documents.test, tokenizer },
    ...{ prefixBytes: spec.routing.prefixBytes, assigned, chunkTokens: routing ? CHUNK_TOKENS : null },
  };
  const { payload } = await evaluateRun.execute(task, {
    executor,
    blob: async ({ sha256 }) => (await blobs.get(sha256))!,
    kept: async () => null,
    clock: { now: () => 0, sleep: async () => {} },
    remainingMs: () => Number.POSITIVE_INFINITY,
    signal: new AbortController().signal,
    throttle: () => 1,
    onComputing() {},
    onProgress() {},
  });
  return payload;
}
