import { uniformOf } from '@pathfold/corpora/hash';
import { prefixLength } from '@pathfold/corpora/scoring';
import { decodeTokens, documentsOf } from '@pathfold/corpora/shards';
import { readTokenizer } from '@pathfold/corpora/tokenizer';
import { evaluateFold } from '@pathfold/works/evaluate/fold';
import { evaluatePlan } from '@pathfold/works/evaluate/plan';
import { evaluateRun } from '@pathfold/works/evaluate/run';
import { routeFold } from '@pathfold/works/route/fold';
import { routePlan } from '@pathfold/works/route/plan';
import { routeRun } from '@pathfold/works/route/run';
import { partOf, RouteTask } from '@pathfold/works/route/task';
import { trainFold } from '@pathfold/works/train/fold';
import { trainPlan } from '@pathfold/works/train/plan';
import { trainRun } from '@pathfold/works/train/run';
import type { WorkResult, WorkRun } from '@pathfold/works/work-run';
import { byteTokenizer } from '../byte-corpus.ts';
import type { LaboratoryKind } from '../laboratory/kind.ts';
import type { ArmConfig } from './settings.ts';

/** The product's kinds of work, with what an arm has otherwise. */

const SIGNS = 0x4157;

/**
 * The bytes of a text, whatever their order: the square roots of their shares, in a random projection to `width` numbers
 * (the native pilots took 64 principal components).
 */
export function histogram(ids: ArrayLike<number>, width: number): Float32Array {
  const counts = new Map<number, number>();
  for (let i = 0; i < ids.length; i++) counts.set(ids[i]!, (counts.get(ids[i]!) ?? 0) + 1);
  return Float32Array.from({ length: width }, (_, dimension) => {
    let sum = 0;
    for (const [id, count] of [...counts].sort(([a], [b]) => a - b))
      sum += (uniformOf(SIGNS, dimension, id) < 0.5 ? -1 : 1) * Math.sqrt(count / ids.length);
    return sum;
  });
}

const histograms: WorkRun = {
  name: routeRun.name,
  async execute(body, ports) {
    const task = RouteTask.parse(body);
    const result = await routeRun.execute(body, ports);
    if (task.type === 'losses') return result;
    const { width, context } = task.model;
    const { byteLengths } = readTokenizer(byteTokenizer());
    const all = documentsOf(decodeTokens(await ports.blob(task.documents)));
    const { from, to } = partOf(all.length, task.part, task.parts);
    const prefix = { prefixBytes: task.prefixBytes, prefixTokens: context };
    const rows = new Float32Array((to - from) * width);
    all.slice(from, to).forEach((ids, row) => {
      rows.set(histogram(ids.subarray(0, prefixLength(ids, byteLengths, prefix)), width), row * width);
    });
    return { ...result, payload: new Uint8Array(rows.buffer) };
  },
};

/** Whoever is asked for what was computed before has the same bits of it: they are computed once. */
function once(run: WorkRun): WorkRun {
  const known = new Map<string, Promise<WorkResult>>();
  return {
    name: run.name,
    execute(body, ports) {
      const key = JSON.stringify(body);
      const result = known.get(key) ?? run.execute(body, ports);
      known.set(key, result);
      return result;
    },
  };
}

export function routingOf({ features, evenness }: ArmConfig['routing']): LaboratoryKind {
  const run = once(features === 'histogram' ? histograms : routeRun);
  const fold: LaboratoryKind['fold'] = {
    ...routeFold,
    fold: (input, blobs) => {
      const isComparison = 'compare' in (input as object);
      return routeFold.fold(isComparison ? input : { ...(input as object), evenness }, blobs);
    },
  };
  return { plan: routePlan, fold, runOf: () => run };
}

/** `onCold` is told of each lease whose volunteer has no moments of its path. */
export function trainingOf(onCold: () => void): LaboratoryKind {
  const run: WorkRun = {
    name: trainRun.name,
    execute: (body, ports) =>
      trainRun.execute(body, {
        ...ports,
        async kept(name) {
          const kept = await ports.kept(name);
          if (!kept) onCold();
          return kept;
        },
      }),
  };
  return { plan: trainPlan, fold: trainFold, runOf: () => run };
}

/**
 * The product's evaluation, whose scores of held-out documents stop paths. It takes no virtual time: paths are scored at
 * the rounds that the run asks for, and nobody is kept from training.
 */
export function scoringOf(): LaboratoryKind {
  const run = once(evaluateRun);
  const plan: typeof evaluatePlan = {
    ...evaluatePlan,
    offer(...asked) {
      const task = evaluatePlan.offer(...asked);
      return task && { ...task, tokens: 0 };
    },
  };
  return { plan, fold: evaluateFold, runOf: () => run };
}
