import type { CoordinatorEvent } from '@pathfold/coordination/events';
import { uniformOf } from '@pathfold/corpora/hash';
import { encodeTokens, joinDocuments } from '@pathfold/corpora/shards';
import { normOf } from '@pathfold/optim/outer/fold';
import type { BlobRef } from '@pathfold/protocol/blob';
import { RunSpec } from '@pathfold/protocol/run-spec';
import type { Executor } from '@pathfold/tensors/executors/executor';
import { openExecutor } from '@pathfold/tensors/executors/open';
import { features } from '@pathfold/training/features';
import { initPath, parameterCount } from '@pathfold/training/path';
import { trainFold } from '@pathfold/works/train/fold';
import { trainPlan } from '@pathfold/works/train/plan';
import { trainRun } from '@pathfold/works/train/run';
import type { TrainFoldInput, TrainTask } from '@pathfold/works/train/task';
import type { WorkRun } from '@pathfold/works/work-run';
import { type ByteDocument, byteCorpus, byteTokenizer } from '../byte-corpus.ts';
import { DENSE_PATH, densePath, denseRun, thetaOf } from '../laboratory/dense-run.ts';
import { Laboratory } from '../laboratory/laboratory.ts';
import { natsPerByte } from '../laboratory/score.ts';
import type { Result } from '../results.ts';
import type { RunPorts } from '../study.ts';
import { cosine, meanCosine, meanDelta } from './cosines.ts';
import { averageMoments, OwnStart, pruning } from './habits.ts';
import type { ArmConfig } from './settings.ts';
import { balancedKMeans, domainGroups } from './shards.ts';

/** Salt of the draws of losses. */
const LOSSES = 0x1055;
/** Of all workers: they are equal here, and virtual time is no currency of this study. */
const TOKENS_PER_SECOND = 1000;
/** Points of the curve on the way, and every which test document they are scored on. */
const GLANCES = 20;
const GLANCE_EVERY = 8;

const streamOf = (documents: readonly ByteDocument[]) => joinDocuments(documents.map(({ ids }) => ids));
const idsOf = (documents: readonly ByteDocument[]) => documents.map(({ ids }) => ids);
const workerName = (index: number): string => `v${index}`;
const indexOf = (worker: string): number => Number(worker.slice(1));

/** The run that an arm is on the product. Rounds have no deadline that anybody could miss. */
function specOf(config: ArmConfig, seed: number): RunSpec {
  const { model, inner, outer, totalSteps, workers } = config;
  return RunSpec.parse({
    name: 'diloco',
    corpus: 'starter',
    seed,
    model,
    inner,
    outer,
    totalSteps,
    replicas: Math.max(...workers),
    quorum: 1,
    roundDeadlineMs: 86_400_000,
  });
}

/** The parameters that all arms of a seed start from: one worker, averaging, which is plain AdamW. */
async function trainBase(config: ArmConfig, seed: number, executor: Executor, corpus: readonly ByteDocument[]) {
  const { model, inner, base } = config;
  const alone: ArmConfig = {
    ...config,
    model,
    inner: { ...inner, steps: base.steps, learningRate: base.learningRate, batch: 8 },
    totalSteps: base.steps,
    outer: { kind: 'averaging', learningRate: 1, momentum: 0 },
    workers: [1],
    shards: 'iid',
  };
  const spec = specOf(alone, seed);
  const lab = new Laboratory({ kinds: [{ plan: trainPlan, fold: trainFold, runOf: () => trainRun }], executor });
  await createRun(lab, spec, initPath(densePath(spec), seed), streamOf(corpus));
  lab.join({ id: workerName(0), tokensPerSecond: TOKENS_PER_SECOND });
  await lab.play(() => lab.state.runs['r']!.state === 'finished');
  return thetaOf(lab.blobs, lab.state.runs['r']!.facts);
}

async function createRun(lab: Laboratory, spec: RunSpec, theta: Float32Array, train: Uint16Array): Promise<BlobRef> {
  const shard = await lab.blobs.put(encodeTokens(train));
  const nothing = await lab.blobs.put(new Uint8Array(0));
  const documents = { train: shard, router: nothing, test: nothing, domains: nothing };
  const tokenizer = await lab.blobs.put(new TextEncoder().encode(byteTokenizer()));
  lab.create(await denseRun(lab.blobs, { spec, theta, shard, shardTokens: train.length, documents, tokenizer }));
  return shard;
}

/** The shard of each worker; null where all draw from everything (iid: each draws its own windows). */
async function shardsOf(
  config: ArmConfig,
  seed: number,
  spec: RunSpec,
  base: Float32Array,
  executor: Executor,
  train: readonly ByteDocument[],
) {
  const k = Math.max(...config.workers);
  if (config.shards === 'iid') return null;
  const sizes = train.map(({ ids }) => ids.length);
  const groups =
    config.shards === 'domains'
      ? domainGroups(
          train.map(({ domain }) => domain),
          sizes,
          k,
        )
      : balancedKMeans(
          await features({
            executor,
            path: densePath(spec),
            theta: base,
            documents: idsOf(train),
            prefixTokens: Math.min(spec.routing.prefixBytes, spec.model.context),
          }),
          spec.model.width,
          sizes,
          k,
          seed,
        );
  return Array.from({ length: k }, (_, group) =>
    encodeTokens(streamOf(train.filter((_, index) => groups[index] === group))),
  );
}

/** Who loses the contribution of a round (from 1). Never all of them: a round without any would be held again. */
export function losersOf({ share }: ArmConfig['losses'], workers: number, seed: number, round: number): Set<number> {
  const draws = Array.from({ length: workers }, (_, worker) => uniformOf(seed, LOSSES, round, worker));
  const losers = draws.flatMap((draw, worker) => (draw < share ? [worker] : []));
  if (losers.length === workers && workers > 0) losers.splice(draws.indexOf(Math.max(...draws)), 1);
  return new Set(losers);
}

/** Workers in a round, counted from 0, of so many rounds. */
export const workersAt = (workers: readonly number[], round: number, rounds: number): number =>
  workers[Math.min(workers.length - 1, Math.floor((round * workers.length) / rounds))]!;

/** Runs one arm in the laboratory. Figures: nats a byte on all test documents, tokens, bytes, cosines. */
export async function runArm(config: ArmConfig, seed: number, ports: RunPorts): Promise<Result> {
  const executor = await openExecutor('wasm');
  const corpus = byteCorpus();
  const spec = specOf(config, seed);
  const baseBytes = await ports.cached('base', { model: config.model, base: config.base, seed } as never, async () => {
    ports.say('trains the base first');
    return new Uint8Array((await trainBase(config, seed, executor, corpus.train)).buffer);
  });
  const base = new Float32Array(baseBytes.slice().buffer);
  const shards = await shardsOf(config, seed, spec, base, executor, corpus.train);

  const path = densePath(spec);
  const score = (theta: Float32Array, documents: readonly Uint16Array[]) =>
    natsPerByte(executor, path, theta, documents, spec.routing.prefixBytes);
  const own = new OwnStart();
  const rounds = Math.ceil(config.totalSteps / config.inner.steps);
  const curves = {
    nats: [] as [number, number][],
    cosine: [] as [number, number][],
    lag: [] as [number, number][],
    norm: [] as [number, number][],
  };
  let lost = 0;
  let before: Float32Array | null = null;
  let shard: BlobRef | null = null;

  const runOf = (worker: string): WorkRun => {
    const run =
      config.losses.from === 'own' ? own.runOf(worker) : config.pruned > 0 ? pruning(path, config.pruned) : trainRun;
    if (!shards) return run;
    return {
      name: run.name,
      execute: (body, work) =>
        run.execute(body, {
          ...work,
          blob: (ref) => (ref.sha256 === shard!.sha256 ? Promise.resolve(shards[indexOf(worker)]!) : work.blob(ref)),
        }),
    };
  };

  const lab: Laboratory = new Laboratory({
    kinds: [{ plan: trainPlan, fold: trainFold, runOf }],
    executor,
    loses({ volunteer, task }) {
      const { round } = task.body as unknown as TrainTask;
      const isLost = losersOf(config.losses, workersAt(config.workers, round - 1, rounds), seed, round).has(
        indexOf(volunteer),
      );
      if (isLost) lost++;
      own.settle(volunteer, isLost);
      return isLost;
    },
    onEvent,
  });

  async function onEvent(event: CoordinatorEvent): Promise<void> {
    const { facts } = lab.state.runs['r']!;
    const round = Math.min(...Object.values(facts.modules).map(({ version }) => version));
    if (event.type === 'ContributionReceived') {
      const worker = lab.state.leases[event.lease]!.volunteer;
      if (indexOf(worker) >= workersAt(config.workers, round + 1, rounds)) lab.leave(worker);
    } else if (event.type === 'FoldBegun') await seeRound(event.fold.input as TrainFoldInput, round);
    else if (event.type === 'FoldEnded' && Object.keys(lab.state.runs['r']!.folds).length === 0)
      await beginRound(round);
  }

  /** Looks at the outer gradients of a round, once. */
  async function seeRound({ module, contributions }: TrainFoldInput, round: number): Promise<void> {
    if (module.name !== path.modules[0]!.name) return;
    const deltas = await Promise.all(
      contributions.map(async ({ sha256 }) => new Float32Array((await lab.blobs.get(sha256))!.slice().buffer)),
    );
    const mean = meanDelta(deltas);
    if (deltas.length > 1) curves.cosine.push([round + 1, meanCosine(deltas)]);
    if (before) curves.lag.push([round + 1, cosine(before, mean)]);
    curves.norm.push([round + 1, normOf(mean)]);
    before = mean;
  }

  async function beginRound(round: number): Promise<void> {
    const present = [...lab.volunteers.values()].filter((volunteer) => volunteer.present);
    if (config.moments === 'averaged') {
      const name = `path ${DENSE_PATH}`;
      const states = present.flatMap(({ kept }) => kept.get(name) ?? []);
      const average = averageMoments(states, parameterCount(path));
      for (const { kept } of present) kept.set(name, average);
    }
    if (round < rounds)
      for (let index = present.length; index < workersAt(config.workers, round, rounds); index++)
        lab.join({ id: workerName(index), tokensPerSecond: TOKENS_PER_SECOND });
    const isGlance = Math.floor((GLANCES * round) / rounds) > Math.floor((GLANCES * (round - 1)) / rounds);
    if (isGlance) {
      const theta = await thetaOf(lab.blobs, lab.state.runs['r']!.facts);
      const glanced = idsOf(corpus.test).filter((_, index) => index % GLANCE_EVERY === 0);
      const nats = await score(theta, glanced);
      const step = Math.min(config.totalSteps, round * config.inner.steps);
      curves.nats.push([step, nats]);
      ports.say(`step ${step} of ${config.totalSteps}, ${nats.toFixed(4)} nats a byte`);
    }
  }

  shard = await createRun(lab, spec, base, streamOf(corpus.train));
  for (let index = 0; index < workersAt(config.workers, 0, rounds); index++)
    lab.join({ id: workerName(index), tokensPerSecond: TOKENS_PER_SECOND });
  await lab.play(() => lab.state.runs['r']!.state === 'finished');

  const run = lab.state.runs['r']!;
  const theta = await thetaOf(lab.blobs, run.facts);
  const mean = (curve: readonly (readonly [number, number])[]) =>
    curve.length === 0 ? 0 : curve.reduce((sum, [, y]) => sum + y, 0) / curve.length;
  const { tokens } = run.works['train'] as { tokens: number };
  return {
    figures: {
      nats: await score(theta, idsOf(corpus.test)),
      quarterNats: curves.nats.find(([step]) => step >= config.totalSteps / 4)![1],
      tokens,
      upBytes: lab.traffic.up,
      downBytes: lab.traffic.down,
      lost,
      rounds,
      cosine: mean(curves.cosine),
      lag: mean(curves.lag),
    },
    curves,
  };
}
