import { gaussian, seedFor } from '@pathfold/nets/random';
import { exp, ln } from '@pathfold/tensors/plan/exact';
import { drawWeights, type NetShape } from '../exact/net.ts';
import { uniform } from '../exact/random.ts';
import type { LifeSpec } from './task.ts';

/** The inherited part of a learner. */
export interface Genome {
  readonly weights: Float32Array;
  readonly logRate: number;
  /** Inner steps of a lifetime. */
  readonly lessons: number;
  /** 1 where a weight learns; null when all do. */
  readonly mask: Float32Array | null;
}

const MOST_LESSONS = 20;
const LEAST_RATE = 1e-4;
const FIRST_RATE = 0.1;

/** Initial weights of variance 1 / (3 inputs). */
export const initialWeights = (shape: NetShape, seed: number): Float32Array =>
  drawWeights(shape, seed, (width) => Math.sqrt(1 / (3 * width)));

/** A genome without parents. */
export function rootGenome(life: LifeSpec, shape: NetShape, seed: number, rate?: number): Genome {
  const next = gaussian(seedFor(seed, 'root'));
  return {
    weights: initialWeights(shape, seed),
    logRate: rate === undefined ? bounded(ln(FIRST_RATE) + 0.5 * next()) : ln(rate),
    lessons: life.lessons,
    mask: life.mask ? new Float32Array(shape.weightCount).fill(1) : null,
  };
}

/** A child: its parent's genes, some of them moved (Fernando et al. 2018; the settings are the run's). */
export function mutate({ mutation, evolveLessons }: LifeSpec, parent: Genome, seed: number): Genome {
  const normal = gaussian(seedFor(seed, 'steps'));
  const next = uniform(seedFor(seed, 'genes'));
  const sigma = mutation.sigma * exp(normal());
  const logRate = bounded(parent.logRate + mutation.rateSigma * normal());
  const turn = evolveLessons ? next() : 1;
  const lessons = turn < 0.15 ? parent.lessons - 1 : turn < 0.3 ? parent.lessons + 1 : parent.lessons;
  const weights = parent.weights.slice();
  for (let i = 0; i < weights.length; i++) if (next() < mutation.share) weights[i] = weights[i]! + sigma * normal();
  const mask = parent.mask?.slice() ?? null;
  if (mask) for (let i = 0; i < mask.length; i++) if (next() < mutation.flip) mask[i] = 1 - mask[i]!;
  return { weights, logRate, lessons: Math.min(MOST_LESSONS, Math.max(1, lessons)), mask };
}

const bounded = (logRate: number): number => Math.min(0, Math.max(ln(LEAST_RATE), logRate));
