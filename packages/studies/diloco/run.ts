import { DENSE_PATH, densePath, parameterCount } from '@pathfold/checkpoint/path';
import { codecOf } from '@pathfold/compression/codecs';
import type { CoordinatorEvent } from '@pathfold/coordination/events';
import { normOf } from '@pathfold/optim/outer/fold';
import type { BlobRef } from '@pathfold/protocol/blob';
import { PathfoldError } from '@pathfold/protocol/errors';
import { trainFold } from '@pathfold/works/train/fold';
import { trainPlan } from '@pathfold/works/train/plan';
import { trainingRun, trainRun } from '@pathfold/works/train/run';
import type { TrainFoldInput, TrainTask } from '@pathfold/works/train/task';
import type { WorkRun } from '@pathfold/works/work-run';
import { byteCorpus } from '../byte-corpus.ts';
import { Laboratory } from '../laboratory/laboratory.ts';
import { natsPerByte } from '../laboratory/score.ts';
import { thetaOf } from '../laboratory/theta.ts';
import type { Result } from '../results.ts';
import type { RunPorts } from '../run-ports.ts';
import { averageMoments, OwnStart, prune } from './ablations.ts';
import { cosine, meanCosine, meanDelta } from './cosines.ts';
import { losersOf, workersAt } from './roster.ts';
import type { ArmConfig } from './settings.ts';
import { baseOf, createRun, idsOf, shardsOf, specOf, TOKENS_PER_SECOND } from './start.ts';

/** Points of the loss curve, and every which test document they are scored on. */
const EVALUATIONS = 8;
const SAMPLE_EVERY = 8;
/** Nats a byte that no arm comes back from: bytes drawn at random have 5.55. */
const LOST_NATS = 5.55;

type Curve = [x: number, y: number][];

const meanOf = (curve: Curve): number =>
  curve.length === 0 ? 0 : curve.reduce((sum, [, y]) => sum + y, 0) / curve.length;
const nameOf = (worker: number): string => `v${worker}`;
const numberOf = (name: string): number => Number(name.slice(1));

/**
 * Plays one arm in the laboratory to its end. Figures: nats a byte on all test documents (none where it diverged), and on
 * the way at a quarter of the steps; tokens; bytes, of the shard too, which each worker fetches once; lost contributions;
 * mean cosine between the outer gradients of a round, and between the means of one round and the next.
 */
export async function runArm(
  config: ArmConfig,
  seed: number,
  ports: RunPorts,
  corpus: ReturnType<typeof byteCorpus> = byteCorpus(),
): Promise<Result> {
  const executor = await ports.openExecutor();
  const spec = specOf(config, seed);
  const path = densePath(spec.model);
  const base = await baseOf(config, seed, executor, corpus.train, ports);
  const shards = await shardsOf(config, seed, executor, spec, base, corpus.train);
  const rounds = Math.ceil(config.totalSteps / config.inner.steps);
  const workersIn = (round: number) => workersAt(config.workers, round, rounds);
  const test = idsOf(corpus.test);
  const score = (theta: Float32Array, documents: readonly Uint16Array[]) =>
    natsPerByte(executor, path, theta, documents, spec.routing.prefixBytes);

  const own = new OwnStart();
  const ablated = (worker: string): WorkRun => {
    if (config.losses.from === 'own') return own.runOf(worker);
    if (config.pruned > 0) return trainingRun((delta) => prune(delta, path, config.pruned));
    if (config.scale !== 1) return trainingRun((delta) => delta.map((value) => config.scale * value));
    return trainRun;
  };
  let whole: BlobRef | null = null;
  /** A worker that asks for the run's shard gets its own. */
  const runOf = (worker: string): WorkRun => {
    const run = ablated(worker);
    if (!shards) return run;
    const blobOf = (blob: (ref: BlobRef) => Promise<Uint8Array>) => async (ref: BlobRef) =>
      ref.sha256 === whole!.sha256 ? shards[numberOf(worker)]! : blob(ref);
    return { name: run.name, execute: (body, work) => run.execute(body, { ...work, blob: blobOf(work.blob) }) };
  };

  let lost = 0;
  let diverged = false;
  const lab: Laboratory = new Laboratory({
    kinds: [{ plan: trainPlan, fold: trainFold, runOf }],
    executor,
    loses({ volunteer, task }) {
      const round = (task.body as unknown as TrainTask).round - 1;
      const isLost = losersOf(config.losses, workersIn(round), seed, round).has(numberOf(volunteer));
      if (isLost) lost++;
      own.settle(volunteer, isLost);
      return isLost;
    },
    onEvent,
  });

  const curves = { nats: [] as Curve, cosine: [] as Curve, lag: [] as Curve, norm: [] as Curve };
  let before: Float32Array | null = null;

  async function onEvent(event: CoordinatorEvent): Promise<void> {
    const { facts, folds } = lab.state.runs['r']!;
    const round = Math.min(...Object.values(facts.modules).map(({ version }) => version));
    if (event.type === 'ContributionReceived') {
      const worker = lab.state.leases[event.lease]!.volunteer;
      if (numberOf(worker) >= workersIn(round + 1)) lab.leave(worker);
    } else if (event.type === 'FoldBegun') await watchFold(event.fold.input as TrainFoldInput, round + 1);
    else if (event.type === 'FoldEnded' && Object.keys(folds).length === 0) await endRound(round);
  }

  /** Looks at the outer gradients of a round: once, with the fold of its first module. */
  async function watchFold({ module, contributions }: TrainFoldInput, round: number): Promise<void> {
    if (module.name !== path.modules[0]!.name) return;
    const deltas = await Promise.all(
      contributions.map(async (sent) => codecOf(sent).decode((await lab.blobs.get(sent.sha256))!, path.modules)),
    );
    const mean = meanDelta(deltas);
    if (deltas.length > 1) curves.cosine.push([round, meanCosine(deltas)]);
    if (before) curves.lag.push([round, cosine(before, mean)]);
    curves.norm.push([round, normOf(mean)]);
    before = mean;
  }

  /** `round` rounds are done. */
  async function endRound(round: number): Promise<void> {
    const present = [...lab.volunteers.values()].filter((volunteer) => volunteer.present);
    if (config.moments === 'averaged') {
      const name = `path ${DENSE_PATH}`;
      const average = averageMoments(
        present.flatMap(({ kept }) => kept.get(name) ?? []),
        parameterCount(path),
      );
      for (const { kept } of present) kept.set(name, average);
    }
    for (let worker = present.length; round < rounds && worker < workersIn(round); worker++) join(worker);
    if (Math.floor((EVALUATIONS * round) / rounds) === Math.floor((EVALUATIONS * (round - 1)) / rounds)) return;
    const theta = await thetaOf(lab.blobs, lab.state.runs['r']!.facts);
    const step = Math.min(config.totalSteps, round * config.inner.steps);
    const nats = await score(
      theta,
      test.filter((_, index) => index % SAMPLE_EVERY === 0),
    );
    curves.nats.push([step, nats]);
    diverged ||= !(nats < LOST_NATS);
    ports.say(`step ${step} of ${config.totalSteps}, ${nats.toFixed(4)} nats a byte`);
  }

  const join = (worker: number) => lab.join({ id: nameOf(worker), tokensPerSecond: TOKENS_PER_SECOND });

  whole = await createRun(lab, spec, base, corpus.train);
  for (let worker = 0; worker < workersIn(0); worker++) join(worker);
  const run = lab.state.runs['r']!;
  try {
    await lab.play(() => run.state !== 'training' || diverged);
  } catch (error) {
    if (!(error instanceof PathfoldError)) throw error;
    ports.say(error.detail);
    diverged = true;
  }
  diverged ||= run.state !== 'finished';

  const figures = {
    nats: diverged ? Number.NaN : await score(await thetaOf(lab.blobs, run.facts), test),
    quarterNats: curves.nats.find(([step]) => step >= config.totalSteps / 4)?.[1] ?? Number.NaN,
    tokens: (run.works['train'] as { tokens: number }).tokens,
    upBytes: lab.traffic.up,
    downBytes: lab.traffic.down,
    shardBytes: whole.bytes,
    rounds,
    lost,
    cosine: meanOf(curves.cosine),
    lag: meanOf(curves.lag),
  };
  executor.dispose();
  return { figures, curves };
}
