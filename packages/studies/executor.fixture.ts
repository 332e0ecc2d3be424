import { densePath } from '@pathfold/checkpoint/path';
import { initPath } from '@pathfold/checkpoint/sources/seed';
import type { LlamaShape } from '@pathfold/nets/llama-shape';
import type { Executor } from '@pathfold/tensors/executors/executor';
import { evaluate } from '@pathfold/training/evaluate';
import { features } from '@pathfold/training/features';
import { windows } from '@pathfold/training/fixtures';
import { bitsHash } from '@pathfold/training/hash';
import { round } from '@pathfold/training/round';
import { initParts, PARTS, ratesAt, trainingPlan } from './async/toy/net.ts';
import { problem } from './async/toy/problem.ts';
import { STUDIES } from './names.ts';

/** A net and the sequences of a step with which some arm trains, or its base. */
export interface Training {
  readonly model: LlamaShape;
  readonly batch: number;
}

/** All that arms of studies, small and whole, train: each shape once. */
export async function trainings(): Promise<Training[]> {
  const found = new Map<string, Training>();
  for (const { load } of Object.values(STUDIES)) {
    const study = await load();
    for (const { config } of [true, false].flatMap((quick) => Object.values(study.design(quick).arms))) {
      const { model, inner, base } = config as {
        model?: LlamaShape;
        inner?: { batch: number };
        base?: { batch: number };
      };
      for (const batch of [inner?.batch, base?.batch])
        if (model && batch !== undefined) found.set(JSON.stringify({ model, batch }), { model, batch });
    }
  }
  return [...found.values()];
}

/** A hash of all bits of a round of so many steps, of nats and of features under the parameters that it ends with. */
export async function bitsOfRound(executor: Executor, { model, batch }: Training, steps: number): Promise<string> {
  const path = densePath(model);
  const theta = initPath(path, 1);
  const inner = { batch, learningRate: 4e-3, warmupSteps: 1, totalSteps: 100, weightDecay: 0.1, clipNorm: 1 };
  const batches = (step: number) => windows(step, batch, path);
  const { delta, moments, meanLoss } = await round({
    ...{ executor, path, inner, theta, moments: null, globalStep: 0, steps, batches },
  });
  const end = theta.map((value, i) => value - delta[i]!);
  const { tokens, targets } = windows(99, 3, path);
  const nats = await evaluate({ executor, path, theta: end, windows: { tokens, targets } });
  const prefixTokens = Math.ceil(model.context / 2);
  const seen = await features({ executor, path, theta: end, documents: [tokens, targets], prefixTokens });
  return bitsHash([meanLoss, ...delta, ...moments.m, ...moments.v, ...nats, ...seen]);
}

/** The same of the toy of `async` with so many hidden units. */
export async function bitsOfToy(executor: Executor, hidden: number, steps: number): Promise<string> {
  const rows = 32;
  const { batch } = problem(2, 1);
  const program = executor.compile(trainingPlan(hidden, rows));
  const parts = initParts(hidden, 1);
  for (const part of PARTS) {
    program.write(part, parts[part]);
    for (const moment of ['m', 'v']) program.write(`${part} ${moment}`, new Float32Array(parts[part].length));
  }
  const losses: number[] = [];
  for (let step = 0; step < steps; step++) {
    const points = Array.from({ length: rows }, (_, row) => rows * step + row);
    const inputs = { ...batch(points), ones: new Float32Array(rows).fill(1), rates: ratesAt(1e-3, step) };
    losses.push((await program.run(inputs))['loss']![0]!);
  }
  const hashes = await Promise.all(PARTS.map(async (part) => bitsHash(await program.read(part))));
  program.dispose();
  return [await bitsHash(losses), ...hashes].join(' ');
}
