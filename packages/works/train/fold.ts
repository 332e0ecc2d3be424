import { bytesOf, floatsOf } from '@pathfold/checkpoint/layout';
import { joinModules } from '@pathfold/checkpoint/path';
import { type CodedModule, type ReadRange, valuesIn } from '@pathfold/compression/codec';
import { codecOf } from '@pathfold/compression/codecs';
import { f32 } from '@pathfold/compression/f32';
import type { FoldBlobs, FoldOutput, WorkFold } from '@pathfold/coordination/work-plan';
import { learningRateAt } from '@pathfold/optim/inner/schedule';
import { adamw as adamwOptimizer } from '@pathfold/optim/outer/adamw';
import { normOf, WeightedMean } from '@pathfold/optim/outer/fold';
import { FOLD_RULES } from '@pathfold/optim/outer/fold-rules/registry';
import type { Sent } from '@pathfold/optim/outer/fold-rules/rule';
import { RadialMean } from '@pathfold/optim/outer/radial';
import { outerOptimizer } from '@pathfold/optim/outer/registry';
import { RescaledMean } from '@pathfold/optim/outer/rescaled-mean';
import { PathfoldError } from '@pathfold/protocol/errors';
import type { OuterSpec } from '@pathfold/protocol/run-spec';
import { putOnLattice } from './fold-lattice.ts';
import { TrainFoldInput, TrainTask } from './task.ts';

/** An embedding's rows are mostly zero in any one delta: the radial rule averages it plainly. */
function averageOf(kind: OuterSpec['average'], module: string, length: number, paths: number) {
  if (kind === 'sqrt') return new RescaledMean(length, paths);
  return kind === 'radial' && !module.startsWith('embedding') ? new RadialMean(length) : new WeightedMean(length);
}

type Contribution = TrainFoldInput['contributions'][number];

/** Reads a contribution's part of the module again whenever it is asked for, so that few are in memory at once. */
const sentIn = ({ sha256, codec, offset, scale }: Contribution, length: number, blobs: FoldBlobs): Sent => ({
  async values(start, end) {
    const read: ReadRange = (from, to) => blobs.get(sha256, { start: from, end: to });
    const { decodeModule } = codecOf({ codec });
    const values =
      codec === f32.name
        ? await decodeModule(read, offset + start, end - start)
        : (await decodeModule(read, offset, length)).slice(start, end);
    return scale === 1 ? values : values.map((value) => scale * value);
  },
});

/** The outer gradient that an outer momentum m stands for: m <- b m + D stays where it is when D is (1 - b) m. */
const centreOf = (momentum: number, moments: Float32Array, length: number): Float32Array =>
  Float32Array.from({ length }, (_, i) => (1 - momentum) * (moments[i] ?? 0));

/** AdamW at the learning rate of this round. */
const stepOfAdamw = ({ step, weightDecay, ...schedule }: NonNullable<TrainFoldInput['adamw']>) =>
  adamwOptimizer({ learningRate: learningRateAt(schedule, step), weightDecay });

/**
 * How far one step moves a coordinate at most, in learning rates: AdamW's quotient by at most 1.2 with betas 0.9 and 0.95
 * (Cauchy-Schwarz over the gradients that both moments hold), its weight decay (at most 1) by no more than the parameter,
 * which the quotient holds at 1.2 too, or a few times that after outer momentum.
 */
const MOST_RATES = 10;

/** The largest norm of honest work: a clipped mean gradient, or the way that so many steps can lead (warm-up only shortens it). */
function mostNorm({ exchange, inner }: TrainTask, steps: number, parameters: number): number {
  if (exchange === 'gradients') return 1.01 * inner.clipNorm;
  return MOST_RATES * steps * inner.learningRate * Math.sqrt(parameters);
}

/** The norm of all modules. Throws PathfoldError `not_finite`. */
function wholeNorm(gradient: Float32Array, modules: readonly CodedModule[]): number {
  let end = 0;
  const norms = modules.map(({ name, parameterCount }) => {
    const start = end;
    end += parameterCount;
    const norm = normOf(gradient.subarray(start, end));
    if (!Number.isFinite(norm)) throw new PathfoldError('not_finite', `the outer gradient of ${name} is not finite`);
    return norm;
  });
  return Math.hypot(...norms);
}

/** Training's half that touches numbers: the guard of a contribution, and the outer step of one module. */
export const trainFold: WorkFold = {
  name: 'train',

  /**
   * Answers `{ norm }`, the Euclidean norm of the whole outer gradient. Throws PathfoldError `wrong_size`,
   * `not_finite`, `bad_steps`, `norm_out_of_bounds`.
   */
  check(body, payload, report, trusted = false) {
    const task = TrainTask.parse(body);
    const modules = task.modules.map(({ name, bytes }) => ({ name, parameterCount: bytes / 4 }));
    if (report.steps < 1 || report.steps > task.steps)
      throw new PathfoldError('bad_steps', `${report.steps} steps in a lease of ${task.steps}`);
    const tokens = report.steps * task.inner.batch * task.model.context;
    if (report.tokens > tokens)
      throw new PathfoldError('bad_steps', `${report.tokens} tokens in ${report.steps} steps of at most ${tokens}`);
    const most = trusted ? Number.POSITIVE_INFINITY : mostNorm(task, report.steps, valuesIn(modules));
    const codec = codecOf(task);
    const norm = codec.norm?.(payload, modules, most) ?? wholeNorm(codec.decode(payload, modules), modules);
    if (norm > most)
      throw new PathfoldError(
        'norm_out_of_bounds',
        `a norm of ${norm} where ${report.steps} steps lead to ${most} at most`,
      );
    return { norm };
  },

  /**
   * DiLoCo algorithm 1, lines 7-8, for one module: D is the average of its outer gradients, or what a robust
   * rule makes of them, summed in the input's order, and the outer optimizer takes one step, or the share of one, with the module's own state. Where gradients are
   * exchanged D is their mean, and AdamW takes the step. On a lattice it steps the master, and the version near it is sent.
   */
  async fold(input, blobs): Promise<FoldOutput> {
    const { module, state, lattice, outer, adamw, average, fold, paths, share, contributions, figures, round } =
      TrainFoldInput.parse(input);
    const length = module.bytes / 4;
    const mean = averageOf(adamw ? 'mean' : average, module.name, length, paths);
    for (const { sha256, codec, offset, weight, scale } of contributions) {
      const read: ReadRange = (start, end) => blobs.get(sha256, { start, end });
      mean.add(await codecOf({ codec }).decodeModule(read, offset, length), weight, scale);
    }
    const optimizer = adamw ? stepOfAdamw(adamw) : outerOptimizer(outer);
    const before = floatsOf(await blobs.get(module.sha256));
    const held = state ? floatsOf(await blobs.get(state.sha256)) : new Float32Array(0);
    const from = lattice ? held.subarray(0, length) : before;
    const theta = lattice === undefined ? from : from.slice();
    const moments = optimizer.init(length);
    moments.set(lattice ? held.subarray(length) : held);
    const rule = fold && fold.rule !== 'mean' ? FOLD_RULES[fold.rule] : null;
    const delta = rule
      ? await rule(
          contributions.map((one) => sentIn(one, length, blobs)),
          centreOf(outer.momentum, moments, length),
        )
      : mean.mean();
    if (share !== 1) for (let i = 0; i < length; i++) delta[i]! *= share;
    optimizer.update(theta, delta, { share }, moments);
    if (!Number.isFinite(normOf(theta)) || !Number.isFinite(normOf(moments)))
      throw new PathfoldError('not_finite', `the outer step of ${module.name} leaves the range of float32`);
    const stored = optimizer.stored?.(moments) ?? moments;
    const version = module.version + 1;
    const step = { before, from, to: theta, share };
    const sent = lattice === undefined ? null : await putOnLattice(step, module.sha256, lattice, blobs);
    const kept = sent ? joinModules([theta, stored]) : stored;
    return {
      modules: [
        {
          ...{ name: module.name, version, blob: sent?.blob ?? (await blobs.put(bytesOf(theta))) },
          state: kept.length > 0 ? await blobs.put(bytesOf(kept)) : null,
          ...(sent && { lattice: sent.lattice }),
        },
      ],
      figures: figures && { ...figures, round },
      result: { module: module.name, version, norm: normOf(delta), cosine: mean.cosine },
    };
  },
};
