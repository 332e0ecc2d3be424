import { newRun } from '@pathfold/checkpoint/new-run';
import { densePath } from '@pathfold/checkpoint/path';
import { fromSeed } from '@pathfold/checkpoint/sources/seed';
import { encodeTokens, joinDocuments } from '@pathfold/corpora/shards';
import { type Mode, RunSpec, type RunSpecInput } from '@pathfold/protocol/run-spec';
import { BYTE_VOCABULARY, byteCorpus } from '@pathfold/studies/byte-corpus';
import { Laboratory } from '@pathfold/studies/laboratory/laboratory';
import { natsPerByte } from '@pathfold/studies/laboratory/score';
import { thetaOf } from '@pathfold/studies/laboratory/theta';
import type { Executor } from '@pathfold/tensors/executors/executor';
import { trainFold } from '@pathfold/works/train/fold';
import { trainPlan } from '@pathfold/works/train/plan';
import { trainingRun } from '@pathfold/works/train/run';
import type { Arm } from './arms.ts';

/** A run that arms are compared on. */
export interface Setting {
  readonly name: string;
  readonly mode: Mode;
  readonly width: number;
  readonly blocks: number;
  readonly learningRate: number;
  /** H. */
  readonly steps: number;
  readonly rounds: number;
}

export interface Played {
  /** Nats a byte on held-out documents. */
  readonly loss: number;
  /** Bytes of uploads, for each parameter and contribution. */
  readonly bytesPerParameter: number;
}

/** Paces of the volunteers, in tokens a second; equal ones in rounds. */
const PACES = [1000, 900, 800, 700];
/** Every which test document is scored. */
const SAMPLE_EVERY = 8;

/** Plays a dense run of four volunteers in the laboratory. `onGradient` sees what each of them would send whole. */
export async function playLoss(
  { mode, width, blocks, learningRate, steps, rounds }: Setting,
  arm: Arm,
  seed: number,
  executor: Executor,
  onGradient: (gradient: Float32Array) => void = () => {},
): Promise<Played> {
  const input: RunSpecInput = {
    name: 'wire',
    corpus: 'bytes',
    mode,
    seed,
    model: { width, blocks, heads: 2, context: 64, vocabulary: BYTE_VOCABULARY },
    inner: { steps, batch: 8, learningRate, warmupSteps: 50 },
    outer: arm.outer,
    replicas: PACES.length,
    totalSteps: steps * rounds,
    roundDeadlineMs: 86_400_000,
    ...(arm.wire && { wire: arm.wire }),
  };
  const spec = RunSpec.parse(input);
  const path = densePath(spec.model);
  let bytes = 0;
  let count = 0;
  const runOf = (id: string) => {
    const rival = arm.rival?.(`${seed}/${id}`);
    return trainingRun((gradient) => {
      onGradient(gradient);
      const sent = rival?.(gradient, path.modules);
      bytes += sent?.bytes ?? 0;
      return sent?.values ?? gradient;
    });
  };
  const runs = new Map(PACES.map((_, i) => [`v${i}`, runOf(`v${i}`)]));
  const lab: Laboratory = new Laboratory({
    kinds: [{ plan: trainPlan, fold: trainFold, runOf: (id) => runs.get(id)! }],
    executor,
    onEvent(event) {
      if (event.type !== 'ContributionReceived') return;
      count++;
      if (!arm.rival) bytes += event.bytes;
    },
  });
  const corpus = byteCorpus();
  const shard = await lab.blobs.put(encodeTokens(joinDocuments(corpus.train.map(({ ids }) => ids))));
  const none = await lab.blobs.put(new Uint8Array(0));
  const documents = { train: shard, router: none, test: none, domains: none };
  lab.create(await newRun(lab.blobs, { id: 'r', spec, source: fromSeed(seed), documents, tokenizer: none }));
  PACES.forEach((pace, i) => {
    lab.join({ id: `v${i}`, tokensPerSecond: mode === 'sync' ? PACES[0]! : pace });
  });
  const run = lab.state.runs['r']!;
  await lab.play(() => run.state !== 'training');
  const theta = await thetaOf(lab.blobs, run.facts);
  const scored = corpus.test.flatMap(({ ids }, i) => (i % SAMPLE_EVERY === 0 ? [ids] : []));
  const loss = await natsPerByte(executor, path, theta, scored, spec.routing.prefixBytes);
  return { loss, bytesPerParameter: bytes / count / theta.length };
}
