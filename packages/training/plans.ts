import { type PathShape, parameterCount } from '@pathfold/checkpoint/path';
import { llamaHidden, llamaLogits, pathTensors } from '@pathfold/nets/llama';
import { adamwStep } from '@pathfold/optim/inner/adamw';
import type { Program } from '@pathfold/tensors/executors/executor';
import { gradients } from '@pathfold/tensors/plan/differentiate';
import { type Trace, trace } from '@pathfold/tensors/plan/trace';
import type { Plan, Tensor } from '@pathfold/tensors/plan/types';
import { add } from '@pathfold/tensors/primitives/add/add';
import { crossEntropy } from '@pathfold/tensors/primitives/cross-entropy/cross-entropy';
import { rmsNorm } from '@pathfold/tensors/primitives/rms-norm/rms-norm';
import { scale } from '@pathfold/tensors/primitives/scale/scale';
import { sum } from '@pathfold/tensors/primitives/sum/sum';

export interface InnerOptions {
  readonly weightDecay: number;
  readonly clipNorm: number;
  /** Activations are computed again for the gradient instead of kept: less memory, about a third more time, same bits. */
  readonly recompute?: boolean | undefined;
}

/** Nats [N] of `batch` sequences of tokens and their targets, both inputs [batch * context]. */
const nats = (t: Trace, { model, modules }: PathShape, theta: Tensor, batch: number): Tensor => {
  const tokens = t.input('tokens', [batch * model.context], 'i32');
  const targets = t.input('targets', [batch * model.context], 'i32');
  return crossEntropy(llamaLogits(model, pathTensors(theta, modules), tokens), targets);
};

/**
 * The loss and its gradient in the layout of theta: the mean nats a token of a batch, or this part's share of it where
 * the batch has `of` sequences in all.
 */
export const lossAndGradient = (
  t: Trace,
  path: PathShape,
  theta: Tensor,
  batch: number,
  { of = batch, recompute = false }: { readonly of?: number; readonly recompute?: boolean | undefined } = {},
) => {
  const loss = scale(sum(nats(t, path, theta, batch)), 1 / (of * path.model.context));
  return { loss, gradient: gradients(t, loss, [theta], { recompute })[0]! };
};

/**
 * One inner step: states theta, m, v, and lossSum [], to which each step adds its loss; inputs tokens, targets, rates;
 * output loss (before the step, nats a token).
 */
export const trainingPlan = (path: PathShape, batch: number, inner: InnerOptions): Plan => {
  const flat = [parameterCount(path)];
  const { recompute } = inner;
  const whole = trace((t) => {
    const theta = t.state('theta', flat);
    const { loss, gradient } = lossAndGradient(t, path, theta, batch, { recompute });
    adamwStep(t, theta, gradient, inner);
    addUp(t, loss);
    t.output('loss', loss);
  });
  const each = trace((t) => {
    const { loss, gradient } = lossAndGradient(t, path, t.state('theta', flat), 1, { of: batch, recompute });
    t.output('loss', loss);
    t.output('gradient', gradient);
  });
  const rest = trace((t) => {
    adamwStep(t, t.state('theta', flat), t.input('gradient', flat), inner);
    addUp(t, t.input('loss', []));
  });
  return { ...whole, split: { items: batch, each, sums: ['loss', 'gradient'], rest } };
};

/**
 * The gradient of batches at one theta, added up: states theta, gradientSum, and lossSum [], to which each run adds its
 * loss; inputs tokens, targets.
 */
export const gradientPlan = (path: PathShape, batch: number, { recompute }: Pick<InnerOptions, 'recompute'>): Plan => {
  const flat = [parameterCount(path)];
  const gradientOf = (t: Trace, sequences: number) =>
    lossAndGradient(t, path, t.state('theta', flat), sequences, { of: batch, recompute });
  const sumUp = (t: Trace, gradient: Tensor, loss: Tensor): void => {
    const sum = t.state('gradientSum', flat);
    t.update(sum, add(sum, gradient));
    addUp(t, loss);
  };
  const whole = trace((t) => {
    const { loss, gradient } = gradientOf(t, batch);
    sumUp(t, gradient, loss);
  });
  const each = trace((t) => {
    const { loss, gradient } = gradientOf(t, 1);
    t.output('loss', loss);
    t.output('gradient', gradient);
  });
  const rest = trace((t) => sumUp(t, t.input('gradient', flat), t.input('loss', [])));
  return { ...whole, split: { items: batch, each, sums: ['loss', 'gradient'], rest } };
};

/** Where training stands: flat, in the layout of theta. */
export interface TrainingState {
  readonly theta: Float32Array;
  readonly m: Float32Array;
  readonly v: Float32Array;
}

/** Sets the states of a training plan. */
export const setTraining = (program: Program, state: TrainingState): void => {
  for (const name of ['theta', 'm', 'v'] as const) program.write(name, state[name]);
  program.write('lossSum', Float32Array.of(0));
};

const addUp = (t: Trace, loss: Tensor): void => {
  const sum = t.state('lossSum', loss.shape);
  t.update(sum, add(sum, loss));
};

/** The same net without gradients: state theta; inputs tokens, targets; output nats [batch * context]. */
export const evaluationPlan = (path: PathShape, batch: number): Plan =>
  forwardPlan(path, batch, (t, theta, sequences) => t.output('nats', nats(t, path, theta, sequences)));

/**
 * The hidden state after the final norm: state theta; input tokens [batch * context]; output hidden
 * [batch * context, D].
 */
export const hiddenPlan = (path: PathShape, batch: number): Plan =>
  forwardPlan(path, batch, (t, theta, sequences) => {
    const tokens = t.input('tokens', [sequences * path.model.context], 'i32');
    const w = pathTensors(theta, path.modules);
    t.output('hidden', rmsNorm(llamaHidden(path.model, w, tokens), w('finalNorm')));
  });

/** A plan that does not step its only state theta, of `batch` sequences that do not see each other. */
const forwardPlan = (
  path: PathShape,
  batch: number,
  build: (t: Trace, theta: Tensor, sequences: number) => void,
): Plan => {
  const part = (sequences: number) => trace((t) => build(t, t.state('theta', [parameterCount(path)]), sequences));
  return { ...part(batch), split: { items: batch, each: part(1), sums: [], rest: null } };
};
