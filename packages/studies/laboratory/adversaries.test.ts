import { newRun } from '@pathfold/checkpoint/new-run';
import { densePath } from '@pathfold/checkpoint/path';
import { fromSeed } from '@pathfold/checkpoint/sources/seed';
import { encodeTokens, joinDocuments } from '@pathfold/corpora/shards';
import { RunSpec } from '@pathfold/protocol/run-spec';
import type { Executor } from '@pathfold/tensors/executors/executor';
import { openExecutor } from '@pathfold/tensors/executors/open';
import { trainFold } from '@pathfold/works/train/fold';
import { trainPlan } from '@pathfold/works/train/plan';
import { trainRun } from '@pathfold/works/train/run';
import type { TrainFoldInput, TrainTask } from '@pathfold/works/train/task';
import type { WorkRun } from '@pathfold/works/work-run';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { BYTE_VOCABULARY, byteCorpus } from '../byte-corpus.ts';
import { type Fact, Laboratory } from './laboratory.ts';
import { natsPerByte } from './score.ts';
import { thetaOf } from './theta.ts';
import type { Device } from './volunteer.ts';

const H = 10;
const specOf = (seed: number): RunSpec =>
  RunSpec.parse({
    ...{ name: 'adversaries', corpus: 'bytes', mode: 'async', seed, replicas: 8, totalSteps: 20 * H },
    model: { width: 16, blocks: 1, heads: 2, context: 32, vocabulary: BYTE_VOCABULARY },
    inner: { steps: H, batch: 4, learningRate: 8e-3, warmupSteps: 20 },
    roundDeadlineMs: 86_400_000,
    // What is old is taken, however late it comes: refused it could do no harm.
    async: { mostStaleness: 1000 },
  });

/** Speeds of the paper's very heterogeneous workers. */
const HONEST: Device[] = [110, 85, 42, 19].map((tokensPerSecond, i) => ({ id: `honest ${i}`, tokensPerSecond }));
const ADVERSARIES: Device[] = [
  { id: 'braggart', tokensPerSecond: 42 },
  { id: 'backwards', tokensPerSecond: 42 },
  // As fast as an honest one, if it took all the steps of its leases.
  { id: 'flood', tokensPerSecond: H * 85 },
  // Its results come in long after others have moved the model on.
  { id: 'stale', tokensPerSecond: 110, upBytesPerSecond: 100 },
];

const oneStep: WorkRun = {
  ...trainRun,
  execute: (body, ports) => trainRun.execute({ ...(body as TrainTask), steps: 1 }, ports),
};

/** A laboratory in which the adversaries say what they do, also what no door would let in. */
class Infested extends Laboratory {
  override record(...facts: Fact[]): void {
    super.record(...facts.map((fact) => this.#twisted(fact)));
  }

  #twisted(fact: Fact): Fact {
    if (fact.type === 'VolunteerReady' && fact.volunteer === 'braggart')
      return { ...fact, executor: { ...fact.executor, tokensPerSecond: 1000 * fact.executor.tokensPerSecond } };
    if (fact.type !== 'ContributionReceived') return fact;
    const { report } = fact;
    switch (this.state.leases[fact.lease]?.volunteer) {
      case 'backwards':
        return { ...fact, report: { ...report, computeMs: -report.computeMs } };
      case 'braggart':
        return { ...fact, report: { ...report, computeMs: report.computeMs / 1000 } };
      default:
        return fact;
    }
  }
}

let executor: Executor;
let texts: { readonly train: Uint16Array; readonly test: readonly Uint16Array[] };
beforeAll(async () => {
  executor = await openExecutor('wasm');
  const { train, test } = byteCorpus();
  texts = {
    train: joinDocuments(train.slice(0, 60).map(({ ids }) => ids)),
    test: test.slice(0, 40).map(({ ids }) => ids),
  };
});
afterAll(() => executor.dispose());

interface Folded {
  readonly staleness: number;
  readonly steps: number;
  readonly share: number;
}

/** Nats a byte of held-out texts in the end, and what was folded of each volunteer. */
async function play(seed: number, devices: readonly Device[]) {
  const spec = specOf(seed);
  const folded: Record<string, Folded[]> = Object.fromEntries(devices.map(({ id }) => [id, []]));
  const holders = new Map<string, string>();
  const lab = new Infested({
    kinds: [{ plan: trainPlan, fold: trainFold, runOf: (id) => (id === 'flood' ? oneStep : trainRun) }],
    executor,
    onEvent(event) {
      if (event.type === 'LeaseGranted') holders.set(event.lease, event.volunteer);
      if (event.type !== 'FoldBegun') return;
      const { module, contributions, share: all } = event.fold.input as unknown as TrainFoldInput;
      if (module.name !== 'embedding') return;
      const whole = contributions.reduce((sum, { weight }) => sum + weight, 0);
      for (const { lease, staleness, steps, weight } of contributions)
        folded[holders.get(lease)!]!.push({ staleness, steps, share: (all * weight) / whole });
    },
  });
  const shard = await lab.blobs.put(encodeTokens(texts.train));
  const documents = { train: shard, router: shard, test: shard, domains: shard };
  lab.create(await newRun(lab.blobs, { id: 'r', spec, source: fromSeed(seed), documents, tokenizer: shard }));
  for (const device of devices) lab.join(device);
  await lab.play(() => lab.state.runs['r']!.state === 'finished');
  const end = await thetaOf(lab.blobs, lab.state.runs['r']!.facts);
  return {
    nats: await natsPerByte(executor, densePath(spec.model), end, texts.test, spec.routing.prefixBytes),
    folded,
  };
}

const sum = (all: readonly Folded[], figure: 'steps' | 'share') => all.reduce((total, one) => total + one[figure], 0);

/** Were each arrival an equal part of a step, whatever its steps, the loss would be 4.7 % higher. */
const MOST_HARM = 0.02;

test('four that mean ill among four honest volunteers leave the loss as it is', async () => {
  const [clean, infested] = [await play(1, HONEST), await play(1, [...HONEST, ...ADVERSARIES])];
  expect(infested.nats / clean.nats - 1).toBeLessThan(MOST_HARM);
  const { folded } = infested;
  expect(folded['flood']!.length).toBeGreaterThan(200);
  expect(sum(folded['flood']!, 'share')).toBeLessThan(1.1 * sum(folded['honest 1']!, 'share'));
  for (const liar of ['braggart', 'backwards'])
    expect(sum(folded[liar]!, 'steps') / sum(folded['honest 2']!, 'steps')).toBeCloseTo(1, 1);
  expect(folded['stale']).not.toEqual([]);
  expect(Math.min(...folded['stale']!.map(({ staleness }) => staleness))).toBeGreaterThanOrEqual(10);
});
