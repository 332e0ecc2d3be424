import { createHash } from 'node:crypto';
import { newRun } from '@pathfold/checkpoint/new-run';
import { fromSeed } from '@pathfold/checkpoint/sources/seed';
import { encodeTokens, joinDocuments } from '@pathfold/corpora/shards';
import { RunSpec, type RunSpecInput } from '@pathfold/protocol/run-spec';
import { openExecutor } from '@pathfold/tensors/executors/open';
import { trainFold } from '@pathfold/works/train/fold';
import { trainPlan } from '@pathfold/works/train/plan';
import { trainRun } from '@pathfold/works/train/run';
import { BYTE_VOCABULARY, byteCorpus } from '../byte-corpus.ts';
import { Laboratory } from '../laboratory/laboratory.ts';
import { probe } from '../laboratory/probe.ts';
import { thetaOf } from '../laboratory/theta.ts';

const TINY: RunSpecInput = {
  name: 'probe',
  corpus: 'probe',
  mode: 'async',
  model: { width: 16, blocks: 1, heads: 2, context: 32, vocabulary: BYTE_VOCABULARY },
  inner: { steps: 8, batch: 2, warmupSteps: 2 },
  replicas: 4,
  totalSteps: 32,
};

/**
 * The laboratory's probe, and what comes out of short asynchronous runs of workers that differ in speed, come and go: a
 * hash that changes with any bit of it.
 */
export async function asyncProbe(): Promise<string> {
  const executor = await openExecutor('wasm');
  const hash = createHash('sha256').update(await probe());
  const train = joinDocuments(byteCorpus().train.map(({ ids }) => ids));
  for (const async of [{ grace: 0.1 }, { grace: 0, quorum: 3, buffer: 3, dynamicSteps: false, stalenessPower: 0.5 }]) {
    const spec = RunSpec.parse({ ...TINY, async });
    const lab = new Laboratory({ kinds: [{ plan: trainPlan, fold: trainFold, runOf: () => trainRun }], executor });
    const shard = await lab.blobs.put(encodeTokens(train));
    const documents = { train: shard, router: shard, test: shard, domains: shard };
    lab.create(await newRun(lab.blobs, { id: 'r', spec, source: fromSeed(1), documents, tokenizer: shard }));
    [110, 85, 42, 19].forEach((tokensPerSecond, i) => {
      lab.join({ id: `v${i}`, tokensPerSecond });
    });
    lab.after(7000, () => lab.retire('v0'));
    lab.after(9000, () => lab.vanish('v1'));
    lab.after(9000, () => lab.join({ id: 'v4', tokensPerSecond: 100 }));
    await lab.play(() => lab.state.runs['r']!.state === 'finished');
    const end = await thetaOf(lab.blobs, lab.state.runs['r']!.facts);
    hash.update(new Uint8Array(end.buffer)).update(String(lab.now));
  }
  executor.dispose();
  return hash.digest('hex');
}
