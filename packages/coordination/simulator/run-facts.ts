import type { BlobRef } from '@pathfold/protocol/blob';
import { fnv1a } from '@pathfold/protocol/fnv';
import { type LevelSpec, RunSpec } from '@pathfold/protocol/run-spec';
import type { ModelRun, ModuleFacts, PathFacts } from '../work-plan.ts';

/** A made-up blob: a name that depends on the text alone. */
export function blobOf(text: string, bytes = 4096): BlobRef {
  return { sha256: fnv1a(text).toString(16).padStart(8, '0').padEnd(64, '0'), bytes };
}

const small = RunSpec.parse({
  name: 'simulated',
  corpus: 'simulated',
  model: { width: 32, context: 32, vocabulary: 512 },
  inner: { steps: 20, batch: 4 },
  totalSteps: 1_000_000,
});

/** The same run before its documents are routed, when they wait for volunteers to read them with the base. */
export function unrouted(run: ModelRun, routing: RunSpec['routing'], totalSteps: number): ModelRun {
  const waiting = Object.entries(run.paths).map(([id, path]) => [id, { ...path, shard: null, shardTokens: 0 }]);
  return {
    ...run,
    spec: { ...run.spec, routing, totalSteps },
    paths: Object.fromEntries(waiting),
    documents: { ...run.documents, train: blobOf(`${run.id} train`, 16_000) },
    base: ['embedding', 'level0.0', 'head'].map((name) => ({ name, version: 0, ...blobOf(`base ${name}`) })),
    routing: null,
  };
}

/**
 * A run whose model has `experts[l]` modules in level l and one path for each choice of one expert a level (a private one
 * for each path where it is `path`), with made-up blobs. `spec` replaces fields of a small default.
 */
export function runFacts(id: string, experts: readonly LevelSpec['experts'][], spec: Partial<RunSpec> = {}): ModelRun {
  const paths: Record<string, PathFacts> = {};
  const choices = experts
    .map((count) => (count === 'path' ? 1 : count))
    .reduce<number[][]>(
      (all, count) => all.flatMap((choice) => Array.from({ length: count }, (_, expert) => [...choice, expert])),
      [[]],
    )
    .map((choice, i) => choice.map((expert, level) => (experts[level] === 'path' ? i : expert)));
  for (const [i, choice] of choices.entries()) {
    const end = { shared: '', level: `.${choice[0]}`, path: `.${i}` }[spec.embedding ?? 'shared'];
    const modules = [`embedding${end}`, ...choice.map((expert, level) => `level${level}.${expert}`), `head${end}`];
    const name = choice.join('-');
    paths[name] = { modules, shard: blobOf(`${id} shard ${name}`), shardTokens: 10_000 + 1000 * i };
  }
  const modules: Record<string, ModuleFacts> = {};
  for (const name of new Set(Object.values(paths).flatMap((path) => path.modules)))
    modules[name] = { parameterCount: 1024, version: 0, blob: blobOf(`${id} ${name} v0`), state: null };
  return {
    id,
    spec: { ...small, levels: experts.map((count) => ({ experts: count, blocks: 2 })), ...spec },
    modules,
    paths,
    documents: {
      train: blobOf(`${id} train`, 80_000),
      test: blobOf(`${id} test`, 8000),
      router: blobOf(`${id} router`, 8000),
      domains: blobOf(`${id} domains`),
    },
    tokenizer: blobOf(`${id} tokenizer`),
    base: null,
    routing:
      choices.length === 1
        ? null
        : {
            version: 1,
            router: blobOf(`${id} the router`),
            assignment: blobOf(`${id} assignment`),
            shards: blobOf(`${id} shards`),
            counts: { train: choices.map(() => 100), router: choices.map(() => 10), test: choices.map(() => 10) },
          },
  };
}
