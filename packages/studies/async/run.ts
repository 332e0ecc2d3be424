import { densePath } from '@pathfold/checkpoint/path';
import type { CoordinatorEvent } from '@pathfold/coordination/events';
import { PathfoldError } from '@pathfold/protocol/errors';
import { RunSpec } from '@pathfold/protocol/run-spec';
import { trainFold } from '@pathfold/works/train/fold';
import { trainPlan } from '@pathfold/works/train/plan';
import { trainRun } from '@pathfold/works/train/run';
import type { TrainFoldInput } from '@pathfold/works/train/task';
import { byteCorpus } from '../byte-corpus.ts';
import { baseOf, createRun, idsOf } from '../diloco/start.ts';
import { Laboratory } from '../laboratory/laboratory.ts';
import { natsPerByte } from '../laboratory/score.ts';
import { thetaOf } from '../laboratory/theta.ts';
import type { Result } from '../results.ts';
import type { RunPorts } from '../run-ports.ts';
import { departures } from './churn.ts';
import type { AsyncConfig } from './settings.ts';

/** Looks at the loss on the way, and every which test document they are at. */
const EVALUATIONS = 16;
const SAMPLE_EVERY = 8;
/** Nats a byte that no arm comes back from: bytes drawn at random have 5.55. */
const LOST_NATS = 5.55;

const mean = (values: readonly number[]): number =>
  values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;

/**
 * Plays one arm in the laboratory to its end. Figures: nats a byte on all test documents (none where it diverged) and at
 * the last evaluation on the way (`lastGlance`); local steps of all workers; virtual seconds; folds and the mean staleness of what they took; and
 * what each of them saw, for the time to a loss (`glance.N` at `second.N`).
 */
export async function runArm(
  config: AsyncConfig,
  seed: number,
  ports: RunPorts,
  corpus: ReturnType<typeof byteCorpus> = byteCorpus(),
): Promise<Result> {
  const { model, inner, outer, totalSteps, mode, async, speeds, churn } = config;
  const executor = await ports.openExecutor();
  const spec = RunSpec.parse({
    ...{ name: 'async', corpus: 'starter', seed, model, inner, outer, totalSteps, mode, async },
    ...{ replicas: config.replicas, roundDeadlineMs: 86_400_000 },
  });
  const path = densePath(spec.model);
  const base = await baseOf(config, seed, executor, corpus.train, ports);
  const test = idsOf(corpus.test);
  const sample = test.filter((_, index) => index % SAMPLE_EVERY === 0);
  const score = (theta: Float32Array, documents: readonly Uint16Array[]) =>
    natsPerByte(executor, path, theta, documents, spec.routing.prefixBytes);

  const tokensAStep = inner.batch * model.context;
  const allSteps = totalSteps * speeds.length;
  const curves = { steps: [] as [number, number][], seconds: [] as [number, number][] };
  const staleness: number[] = [];
  let folds = 0;
  let diverged = false;

  const lab: Laboratory = new Laboratory({
    kinds: [{ plan: trainPlan, fold: trainFold, runOf: () => trainRun }],
    executor,
    onEvent,
  });
  const stepsDone = () => (lab.state.runs['r']!.works['train'] as { tokens: number }).tokens / tokensAStep;

  async function onEvent(event: CoordinatorEvent): Promise<void> {
    if (event.type === 'FoldBegun') {
      const { module, contributions } = event.fold.input as unknown as TrainFoldInput;
      if (module.name !== path.modules[0]!.name) return;
      folds++;
      staleness.push(...contributions.map((one) => one.staleness));
    }
    const { folds: open, state } = lab.state.runs['r']!;
    if (event.type !== 'FoldEnded' || Object.keys(open).length > 0) return;
    const due = Math.floor((EVALUATIONS * stepsDone()) / allSteps) > curves.steps.length;
    if (due || state === 'finished') await evaluateSample();
  }

  async function evaluateSample(): Promise<void> {
    const nats = await score(await thetaOf(lab.blobs, lab.state.runs['r']!.facts), sample);
    curves.steps.push([stepsDone(), nats]);
    curves.seconds.push([lab.now / 1000, nats]);
    diverged ||= !(nats < LOST_NATS);
    ports.say(`step ${stepsDone()} of ${allSteps}, ${Math.round(lab.now / 1000)} s, ${nats.toFixed(4)} nats a byte`);
  }

  await createRun(lab, spec, base, corpus.train);
  const names = speeds.map((_, worker) => `v${worker}`);
  const join = (worker: number) => lab.join({ id: names[worker]!, tokensPerSecond: tokensAStep / speeds[worker]! });
  speeds.forEach((_, worker) => {
    join(worker);
  });
  let left = 0;
  const leave = async (worker: number, announced: boolean) => {
    const id = names[worker]!;
    names[worker] = `v${worker}-${++left}`;
    if (announced) await lab.retire(id);
    else lab.vanish(id);
    join(worker);
  };
  const trouble = (period: number) => {
    for (const { worker, atSeconds, announced } of departures(churn!, speeds.length, seed, period))
      lab.after(1000 * atSeconds - lab.now, () => leave(worker, announced));
    lab.after(1000 * (period + 1) * churn!.everySeconds - lab.now, () => trouble(period + 1));
  };
  if (churn) trouble(0);

  const run = lab.state.runs['r']!;
  try {
    await lab.play(() => run.state === 'finished' || diverged);
  } catch (error) {
    if (!(error instanceof PathfoldError)) throw error;
    ports.say(error.detail);
    diverged = true;
  }
  const seen = curves.seconds.flatMap(([second, nats], i) => [
    [`second.${i}`, second],
    [`glance.${i}`, nats],
  ]);
  const figures = {
    nats: diverged ? Number.NaN : await score(await thetaOf(lab.blobs, run.facts), test),
    lastGlance: curves.steps.at(-1)?.[1] ?? Number.NaN,
    steps: stepsDone(),
    seconds: lab.now / 1000,
    folds,
    staleness: mean(staleness),
    left,
    ...Object.fromEntries(seen),
  };
  executor.dispose();
  return { figures, curves };
}
