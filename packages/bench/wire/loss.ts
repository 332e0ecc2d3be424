import type { BlobStore } from '@pathfold/blobs/blob-store';
import { newRun } from '@pathfold/checkpoint/new-run';
import { loadPath, pathShape } from '@pathfold/checkpoint/path';
import { fromSeed } from '@pathfold/checkpoint/sources/seed';
import { valuesIn } from '@pathfold/compression/codec';
import type { RunFacts, WorkFold } from '@pathfold/coordination/work-plan';
import { encodeTokens, joinDocuments } from '@pathfold/corpora/shards';
import { TOKEN_BYTES } from '@pathfold/protocol/blob';
import { levelsOf, RunSpec, type RunSpecInput } from '@pathfold/protocol/run-spec';
import { BYTE_VOCABULARY, byteCorpus } from '@pathfold/studies/byte-corpus';
import { Laboratory } from '@pathfold/studies/laboratory/laboratory';
import { natsPerByte } from '@pathfold/studies/laboratory/score';
import type { Executor } from '@pathfold/tensors/executors/executor';
import { newestRefs } from '@pathfold/works/module-refs';
import { trainFold } from '@pathfold/works/train/fold';
import { trainPlan } from '@pathfold/works/train/plan';
import { trainingRun } from '@pathfold/works/train/run';
import type { WorkRun } from '@pathfold/works/work-run';
import type { Arm } from './arms.ts';
import type { Setting } from './settings.ts';
import { Way, wholeFold } from './way-down.ts';

export interface Played {
  /** Nats a byte on held-out documents. */
  readonly loss: number;
  /** Bytes of uploads, for each parameter and contribution. */
  readonly bytesPerParameter: number;
  /** Bytes of the ways from each version to the next, for each parameter; and of what a joiner needs, at most. */
  readonly downPerParameter: number;
  readonly joinerPerParameter: number;
}

/** Paces of the volunteers at arrivals, in tokens a second; equal ones in rounds. */
const PACES = [1000, 900, 800, 700];
/** Every which test document is scored, each by one path. */
const SAMPLE_EVERY = 4;

/** The guard compares what arrives of contributions, and a coarse rival's first ones are nearly nothing. */
const unguardedFold: WorkFold = { ...trainFold, check: () => ({ norm: 1 }) };

const specOf = (setting: Setting, arm: Arm, seed: number): RunSpec => {
  const { mode, width, blocks, learningRate, experts, replicas, steps, rounds } = setting;
  const input: RunSpecInput = {
    name: 'wire',
    corpus: 'bytes',
    mode,
    seed,
    model: { width, blocks, heads: 2, context: 64, vocabulary: BYTE_VOCABULARY },
    ...(experts > 1 && { levels: [0, 1].map(() => ({ experts, blocks: blocks / 2 })), routing: { kind: 'random' } }),
    inner: { steps, batch: 8, learningRate, warmupSteps: 50 },
    outer: arm.outer,
    replicas,
    totalSteps: steps * rounds,
    roundDeadlineMs: 86_400_000,
    ...(arm.wire && { wire: arm.wire }),
  };
  return RunSpec.parse(input);
};

/** Plays a run in the laboratory. `onGradient` sees what each volunteer would send whole. */
export async function playLoss(
  setting: Setting,
  arm: Arm,
  seed: number,
  executor: Executor,
  onGradient: (gradient: Float32Array) => void = () => {},
): Promise<Played> {
  const spec = specOf(setting, arm, seed);
  let bytes = 0;
  let count = 0;
  const down = new Way();
  const runs = new Map<string, WorkRun>();
  const runOf = (id: string) => {
    const rival = arm.rival?.(`${seed}/${id}`);
    return trainingRun((gradient) => {
      onGradient(gradient);
      const sent = rival?.(gradient, modules);
      bytes += sent?.bytes ?? 0;
      return sent?.values ?? gradient;
    });
  };
  const fold = arm.rival ? unguardedFold : arm.down === 'whole' ? wholeFold : trainFold;
  const lab: Laboratory = new Laboratory({
    kinds: [{ plan: trainPlan, fold, runOf: (id) => runs.get(id)! }],
    executor,
    onEvent(event) {
      if (event.type === 'ContributionRejected' && event.code === 'norm_out_of_bounds') throw new Error(event.detail);
      if (event.type === 'FoldEnded') down.note(event.output, run.facts.modules);
      if (event.type !== 'ContributionReceived') return;
      count++;
      if (!arm.rival) bytes += event.bytes;
    },
  });
  const facts = await runFacts(lab.blobs, spec, seed);
  const ids = Object.keys(facts.paths);
  const { modules } = shapeOf(spec, ids[0]!);
  lab.create(facts);
  for (let i = 0; i < ids.length * spec.replicas; i++) {
    runs.set(`v${i}`, runOf(`v${i}`));
    lab.join({ id: `v${i}`, tokensPerSecond: spec.mode === 'sync' ? PACES[0]! : PACES[i % PACES.length]! });
  }
  const run = lab.state.runs['r']!;
  await lab.play(() => run.state !== 'training');

  const losses = [];
  for (const [index, id] of ids.entries()) {
    const theta = await loadPath(newestRefs(run.facts, id), async ({ sha256 }) => (await lab.blobs.get(sha256))!);
    const scored = byteCorpus().test.filter((_, i) => i % (SAMPLE_EVERY * ids.length) === SAMPLE_EVERY * index);
    const texts = scored.map((document) => document.ids);
    losses.push(await natsPerByte(executor, shapeOf(spec, id), theta, texts, spec.routing.prefixBytes));
  }
  const loss = losses.reduce((sum, value) => sum + value, 0) / losses.length;
  const parameters = Object.values(run.facts.modules).reduce((sum, { parameterCount }) => sum + parameterCount, 0);
  return { loss, bytesPerParameter: bytes / count / valuesIn(modules), ...down.figures(parameters) };
}

const shapeOf = (spec: RunSpec, id: string) => pathShape(spec.model, levelsOf(spec), id, spec.embedding);

/** Every path has documents of its own, dealt in turn. */
async function runFacts(blobs: BlobStore, spec: RunSpec, seed: number): Promise<RunFacts> {
  const { train } = byteCorpus();
  const shardOf = (documents: typeof train) =>
    blobs.put(encodeTokens(joinDocuments(documents.map((document) => document.ids))));
  const none = await blobs.put(new Uint8Array(0));
  const documents = { train: await shardOf(train), router: none, test: none, domains: none };
  const facts = await newRun(blobs, { id: 'r', spec, source: fromSeed(seed), documents, tokenizer: none });
  const paths = Object.values(facts.paths);
  if (paths.length > 1)
    for (const [index, path] of paths.entries()) {
      const shard = await shardOf(train.filter((_, i) => i % paths.length === index));
      Object.assign(path, { shard, shardTokens: shard.bytes / TOKEN_BYTES });
    }
  return facts;
}
