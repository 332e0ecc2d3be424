import { createHash } from 'node:crypto';
import { newRun } from '@pathfold/checkpoint/new-run';
import { densePath } from '@pathfold/checkpoint/path';
import { fromSeed } from '@pathfold/checkpoint/sources/seed';
import { encodeTokens, joinDocuments } from '@pathfold/corpora/shards';
import { RunSpec } from '@pathfold/protocol/run-spec';
import { openExecutor } from '@pathfold/tensors/executors/open';
import { trainFold } from '@pathfold/works/train/fold';
import { trainPlan } from '@pathfold/works/train/plan';
import { trainRun } from '@pathfold/works/train/run';
import { BYTE_VOCABULARY, byteCorpus, byteTokenizer } from '../byte-corpus.ts';
import { Laboratory } from './laboratory.ts';
import { natsPerByte } from './score.ts';
import { thetaOf } from './theta.ts';

/** Small, and yet with all of the net's parts, two workers, warm moments and momentum. */
const SPEC = RunSpec.parse({
  name: 'probe',
  corpus: 'probe',
  model: { width: 32, blocks: 2, heads: 2, context: 32, vocabulary: BYTE_VOCABULARY },
  inner: { steps: 3, batch: 3, warmupSteps: 2 },
  replicas: 2,
  totalSteps: 9,
});
const SCORED = 4;

/**
 * What comes out of three short rounds of two workers through minds, engine, fold and scoring, and the texts
 * themselves: a hash that changes with any bit of it.
 */
export async function probe(): Promise<string> {
  const executor = await openExecutor('wasm');
  const corpus = byteCorpus();
  const train = joinDocuments(corpus.train.map(({ ids }) => ids));
  const lab = new Laboratory({ kinds: [{ plan: trainPlan, fold: trainFold, runOf: () => trainRun }], executor });
  const shard = await lab.blobs.put(encodeTokens(train));
  const documents = { train: shard, router: shard, test: shard, domains: shard };
  const tokenizer = await lab.blobs.put(new TextEncoder().encode(byteTokenizer()));
  lab.create(await newRun(lab.blobs, { id: 'r', spec: SPEC, source: fromSeed(1), documents, tokenizer }));
  for (const id of ['a', 'b']) lab.join({ id, tokensPerSecond: 1000 });
  await lab.play(() => lab.state.runs['r']!.state === 'finished');
  const end = await thetaOf(lab.blobs, lab.state.runs['r']!.facts);
  const test = corpus.test.map(({ ids }) => ids);
  const nats = await natsPerByte(executor, densePath(SPEC.model), end, test.slice(0, SCORED), SPEC.routing.prefixBytes);
  executor.dispose();
  return createHash('sha256')
    .update(new Uint8Array(end.buffer))
    .update(encodeTokens(joinDocuments(test)))
    .update(shard.sha256)
    .update(String(nats))
    .digest('hex');
}
