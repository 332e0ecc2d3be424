import { memoryBlobs } from '@pathfold/blobs/memory';
import { RunSpec, type RunSpecInput } from '@pathfold/protocol/run-spec';
import { expect, test } from 'vitest';
import { newRun } from './new-run.ts';
import { densePath, loadPath } from './path.ts';
import { fromBase } from './sources/base.ts';
import { fromSeed, initPath } from './sources/seed.ts';

const model = { width: 16, blocks: 3, heads: 2, context: 16, vocabulary: 257 };
const levels = [
  { experts: 2, blocks: 1 },
  { experts: 3, blocks: 2 },
];

async function made(spec: Partial<RunSpecInput>, source = fromSeed(1)) {
  const blobs = memoryBlobs();
  const train = await blobs.put(new Uint8Array(60));
  const texts = { documents: { train, router: train, test: train, domains: train }, tokenizer: train };
  const parsed = RunSpec.parse({ name: 'a', corpus: 'c', model, ...spec });
  const facts = await newRun(blobs, { id: 'r', spec: parsed, source, ...texts });
  const read = async ({ sha256 }: { sha256: string }) => (await blobs.get(sha256))!;
  const theta = (path: string) =>
    loadPath(
      facts.paths[path]!.modules.map((name) => facts.modules[name]!.blob),
      read,
    );
  return { facts, theta, read };
}

test('a run of one path trains on all of the text, from its seed', async () => {
  const { facts, theta } = await made({});
  expect(facts.paths['0']).toMatchObject({ shard: facts.documents.train, shardTokens: 30 });
  expect([facts.base, facts.routing]).toEqual([null, null]);
  expect(await theta('0')).toEqual(initPath(densePath(facts.spec.model), 1));
});

test('of several paths every one begins as the base, which stays beside them, and waits for its shard', async () => {
  const dense = densePath({ ...model, tied: true });
  const base = initPath(dense, 5).map((value, i) => value + i);
  const { facts, theta, read } = await made({ levels, base: { run: 'b' } }, fromBase(base));
  expect(Object.keys(facts.paths)).toEqual(['0-0', '0-1', '0-2', '1-0', '1-1', '1-2']);
  for (const [id, { shard, shardTokens }] of Object.entries(facts.paths)) {
    expect([shard, shardTokens]).toEqual([null, 0]);
    expect(await theta(id)).toEqual(base);
  }
  expect(facts.base!.map(({ name, version }) => [name, version])).toEqual(dense.modules.map(({ name }) => [name, 0]));
  expect(await loadPath(facts.base!, read)).toEqual(base);
});
