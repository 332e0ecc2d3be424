import { parameterCount } from '@pathfold/checkpoint/path';
import { initPath } from '@pathfold/checkpoint/sources/seed';
import type { Executor } from '@pathfold/tensors/executors/executor';
import { openExecutor } from '@pathfold/tensors/executors/open';
import { trace } from '@pathfold/tensors/plan/trace';
import type { Plan, Tensor } from '@pathfold/tensors/plan/types';
import { sub } from '@pathfold/tensors/primitives/arithmetic/arithmetic';
import { scale } from '@pathfold/tensors/primitives/scale/scale';
import { lossAndGradient } from '@pathfold/training/plans';
import { selfTest } from '@pathfold/training/self-test';
import type { BenchResult } from './options.ts';
import { pathOf, REFERENCE, windowsOf } from './train/shapes.ts';

const BATCH = 2;

/**
 * The effect on gradients of storing values in half precision (`shader-f16`). Arithmetic stays in single precision;
 * what would be stored is rounded where it is read. Each row: how far the gradient at the reference shape moves
 * (relative L2; 1e-5 is allowed), and what the self-test says of a device that stores so.
 */
export const run = async (): Promise<BenchResult> => {
  const wasm = await openExecutor('wasm');
  const exact = await gradientOn(wasm);
  const kinds = [...new Set(savedValues(gradientPlan()).values())];
  const stored: [string, Chosen][] = [
    ['all that is kept for the gradient', keptFor(() => true)],
    ...kinds.map((kind): [string, Chosen] => [`of it, what ${kind} makes`, keptFor((maker) => maker === kind)]),
    ['the weights', weights],
  ];
  const results: Record<string, { gradientsOffBy: number; selfTest: string }> = {};
  for (const [name, chosen] of stored) {
    const executor = storingHalf(wasm, chosen);
    const distance = relative(await gradientOn(executor), exact);
    const { reason } = await selfTest(executor);
    results[name] = { gradientsOffBy: Number(distance.toPrecision(2)), selfTest: reason };
  }
  return { results, ratios: {} };
};

/** Whether call `by` of a plan reads this value rounded. */
type Reads = (value: number, by: number) => boolean;
type Chosen = (plan: Plan) => Reads;

const gradientPlan = (): Plan => {
  const path = pathOf(REFERENCE);
  return trace((t) => {
    const { loss, gradient } = lossAndGradient(t, path, t.state('theta', [parameterCount(path)]), BATCH);
    t.output('loss', loss);
    t.output('gradient', gradient);
  });
};

const gradientOn = async (executor: Executor): Promise<Float32Array> => {
  const program = executor.compile(gradientPlan());
  program.write('theta', initPath(pathOf(REFERENCE), 1));
  const { gradient } = await program.run(windowsOf(REFERENCE, BATCH));
  program.dispose();
  return gradient!;
};

const relative = (found: Float32Array, wanted: Float32Array): number =>
  length(found.map((value, i) => value - wanted[i]!)) / length(wanted);

const length = (values: Float32Array): number => Math.sqrt(values.reduce((sum, value) => sum + value ** 2, 0));

/** The call that makes the loss: what comes after it is the gradient. */
const lossCall = ({ calls, outputs }: Plan): number => {
  const loss = outputs.find(({ name }) => name === 'loss')!.value;
  return calls.findIndex((call) => call.outputs.includes(loss));
};

/** Activations that the gradient reads, with the primitive that makes each. */
const savedValues = (plan: Plan): ReadonlyMap<number, string> => {
  const end = lossCall(plan);
  const read = new Set(plan.calls.slice(end + 1).flatMap(({ inputs }) => inputs));
  const made = plan.calls
    .slice(0, end)
    .filter(({ primitive }) => primitive !== 'unpack')
    .flatMap(({ outputs, primitive }) => outputs.map((value) => [value, primitive] as const));
  return new Map(made.filter(([value]) => read.has(value)));
};

const keptFor =
  (isMeant: (maker: string) => boolean): Chosen =>
  (plan) => {
    const [saved, end] = [savedValues(plan), lossCall(plan)];
    return (value, by) => by > end && saved.has(value) && isMeant(saved.get(value)!);
  };

/** AdamW keeps single precision. */
const weights: Chosen = (plan) => {
  const theta = plan.state.find(({ name }) => name === 'theta')!.value;
  return (value, by) => value === theta && plan.calls[by]!.primitive !== 'adamw';
};

/** An executor whose programs read what is chosen as a device reads it that stores it in half precision. */
const storingHalf = (executor: Executor, chosen: Chosen): Executor => ({
  ...executor,
  compile: (plan) => executor.compile(readingHalf(plan, chosen(plan))),
});

const readingHalf = (plan: Plan, reads: Reads): Plan =>
  trace((t) => {
    const tensors = new Map<number, Tensor>();
    const halves = new Map<number, Tensor>();
    const half = (value: number): Tensor => {
      const known = halves.get(value) ?? toHalf(tensors.get(value)!);
      halves.set(value, known);
      return known;
    };
    const typeOf = (value: number) => plan.values[value]!;
    for (const { name, value } of plan.inputs)
      tensors.set(value, t.input(name, typeOf(value).shape, typeOf(value).dtype));
    for (const { name, value } of plan.state) tensors.set(value, t.state(name, typeOf(value).shape));
    plan.calls.forEach(({ primitive, inputs, outputs, attributes }, index) => {
      const operands = inputs.map((value) => (reads(value, index) ? half(value) : tensors.get(value)!));
      t.emit(primitive, operands, attributes).forEach((tensor, i) => {
        tensors.set(outputs[i]!, tensor);
      });
    });
    for (const { value, next } of plan.state) t.update(tensors.get(value)!, tensors.get(next)!);
    for (const { name, value } of plan.outputs) t.output(name, tensors.get(value)!);
  });

/**
 * Rounded to the 11 significant bits of half precision (Dekker's splitting). What half precision loses below 6e-5 and
 * above 65,504 comes on top.
 */
const toHalf = (x: Tensor): Tensor => {
  const large = scale(x, 2 ** 13 + 1);
  return sub(large, sub(large, x));
};
