import { uniformOf } from '@pathfold/corpora/hash';
import { normOf } from '@pathfold/optim/outer/fold';
import { outerOptimizer } from '@pathfold/optim/outer/registry';
import { sinCos } from '@pathfold/tensors/plan/exact';
import { meanCosine } from '../../diloco/cosines.ts';
import type { Result } from '../../results.ts';
import type { RunPorts } from '../../run-ports.ts';
import { SPEEDS } from '../speeds.ts';
import { serverLoop, type Task } from './loop.ts';
import { evaluationPlan, initParts, PARTS, ratesAt, trainingPlan } from './net.ts';
import { CLASSES, type Problem, problem } from './problem.ts';
import type { ToyConfig } from './settings.ts';

const H = 20;
const BATCH = 32;
const RATE = { highest: 2e-4, lowest: 1e-6 };
/** Points that are looked at: of those trained on, and as many others. */
const SEEN = 1024;
/** Prime: no point twice, every Gaussian as often. */
const SCATTER = 1013;
const WORKERS = SPEEDS.very.length;

/** Salts of what is drawn. */
const SHARD = 0x70f1;
const POINT = 0x70f2;

/** One cosine over all steps of a shard. */
const rateAt = (step: number, steps: number): number =>
  RATE.lowest + ((RATE.highest - RATE.lowest) * (1 + sinCos(Math.PI * Math.min(1, step / steps)).cos)) / 2;

/**
 * The released toy: four workers on four iid shards of a mixture of mixtures, the shard least visited next, a fresh AdamW in
 * every task, Nesterov outside. Figures: loss and accuracy on points trained on and on others, virtual seconds, and the
 * mean cosine between the outer gradients of the first tasks.
 */
export async function runToy(config: ToyConfig, seed: number, ports: RunPorts): Promise<Result> {
  const { points, gaussians, hidden, phases, graceSeconds, scale } = config;
  const executor = await ports.openExecutor();
  const text = problem(gaussians, seed);
  const training = executor.compile(trainingPlan(hidden, BATCH));
  const looking = executor.compile(evaluationPlan(hidden, BATCH));
  const ones = new Float32Array(BATCH).fill(1);

  const start = initParts(hidden, seed);
  const lengths = PARTS.map((part) => start[part].length);
  const offsets = lengths.map((_, i) => lengths.slice(0, i).reduce((sum, length) => sum + length, 0));
  const total = lengths.reduce((sum, length) => sum + length, 0);
  const theta = new Float32Array(total);
  for (const [i, part] of PARTS.entries()) theta.set(start[part], offsets[i]!);
  const partOf = (flat: Float32Array, i: number) => flat.subarray(offsets[i]!, offsets[i]! + lengths[i]!);

  const optimizer = outerOptimizer({ kind: 'nesterov', ...config.outer });
  const state = optimizer.init(total);
  /** Where each worker began, shared by those that began together. */
  const from = new Map<number, { readonly theta: Float32Array; readonly shard: number }>();
  const visits = new Array<number>(WORKERS).fill(0);
  const shardSteps = new Array<number>(WORKERS).fill(0);
  const firstDeltas: Float32Array[] = [];
  const curve: [number, number][] = [];
  let [merges, done] = [0, 0];

  function nextShard(): number {
    const least = Math.min(...visits);
    const open = visits.flatMap((count, shard) => (count === least ? [shard] : []));
    const shard =
      open[
        Math.floor(
          uniformOf(
            seed,
            SHARD,
            visits.reduce((sum, count) => sum + count, 0),
          ) * open.length,
        )
      ]!;
    visits[shard]!++;
    return shard;
  }

  async function deltaOf(worker: number): Promise<Float32Array> {
    const { theta: began, shard } = from.get(worker)!;
    PARTS.forEach((part, i) => {
      training.write(part, partOf(began, i));
      for (const moment of ['m', 'v']) training.write(`${part} ${moment}`, new Float32Array(lengths[i]!));
    });
    for (let h = 0; h < H; h++) {
      const step = shardSteps[shard]!++;
      const indices = Array.from({ length: BATCH }, (_, row) =>
        Math.floor(((shard + uniformOf(seed, POINT, shard, step, row)) * points) / WORKERS),
      );
      const rates = ratesAt(rateAt(step, H * phases), h);
      await training.run({ ...text.batch(indices), ones, rates }, []);
    }
    const delta = began.slice();
    for (const [i, part] of PARTS.entries()) {
      const end = await training.read(part);
      const own = partOf(delta, i);
      for (let at = 0; at < own.length; at++) own[at]! -= end[at]!;
    }
    return delta;
  }

  async function merge(tasks: readonly Task[]): Promise<void> {
    const sum = graceSeconds === null ? new Float32Array(total) : null;
    for (const { worker } of tasks) {
      const delta = await deltaOf(worker);
      if (firstDeltas.length < WORKERS) firstDeltas.push(delta);
      const factor = sum ? 1 / tasks.length : scale;
      for (let i = 0; i < total; i++) delta[i]! *= factor;
      if (sum) for (let i = 0; i < total; i++) sum[i]! += delta[i]!;
      else optimizer.update(theta, delta, { share: 1 }, state);
      done++;
    }
    if (sum) optimizer.update(theta, sum, { share: 1 }, state);
    if (!Number.isFinite(normOf(theta))) throw new Error('the toy has left the range of float32');
    if (done >= (phases * WORKERS * (merges + 1)) / 10) {
      merges++;
      const { loss } = await look(text, theta, 0);
      curve.push([done * H, loss]);
      ports.say(`step ${done * H} of ${phases * WORKERS * H}, ${loss.toFixed(4)} nats`);
    }
  }

  /** Loss and accuracy on points from this one on. */
  async function look(
    { batch }: Problem,
    at: Float32Array,
    first: number,
  ): Promise<{ loss: number; accuracy: number }> {
    for (const [i, part] of PARTS.entries()) looking.write(part, partOf(at, i));
    let [nats, right] = [0, 0];
    for (let offset = 0; offset < SEEN; offset += BATCH) {
      const rows = batch(Array.from({ length: BATCH }, (_, row) => first + (((offset + row) * SCATTER) % points)));
      const out = await looking.run({ ...rows, ones });
      out['nats']!.forEach((value, row) => {
        nats += value;
        const scores = out['logits']!.subarray(row * CLASSES, (row + 1) * CLASSES);
        if (scores.indexOf(Math.max(...scores)) === rows.targets[row]) right++;
      });
    }
    return { loss: nats / SEEN, accuracy: right / SEEN };
  }

  const seconds = await serverLoop(
    SPEEDS.very.map((each) => each * H),
    graceSeconds ?? Number.POSITIVE_INFINITY,
    phases * WORKERS,
    {
      begin(workers) {
        const now = theta.slice();
        for (const worker of workers) from.set(worker, { theta: now, shard: nextShard() });
      },
      merge,
    },
  );
  const cosine = meanCosine(firstDeltas);
  const seen = await look(text, theta, 0);
  const others = await look(text, theta, points);
  executor.dispose();
  return {
    figures: { ...seen, testLoss: others.loss, testAccuracy: others.accuracy, seconds, cosine },
    curves: { steps: curve },
  };
}
