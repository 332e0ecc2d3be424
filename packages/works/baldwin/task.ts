import { BlobRef } from '@pathfold/protocol/blob';
import * as z from 'zod/mini';
import type { Amount } from '../stages/task-amount.ts';
import { armName, armsOf, auditEvery, real, seeds, whole } from '../stages/task-config.ts';

/**
 * How an arm finds its initial weights (Fernando et al. 2018). `baldwin`: evolved, selected after learning, what was
 * learnt is discarded; `lamarck`: what was learnt is inherited; `darwin`: selected at birth; `random`: drawn, with the
 * best of a few learning rates; `fomaml`: descended by the first-order meta-gradient.
 */
export const METHODS = ['baldwin', 'lamarck', 'darwin', 'random', 'fomaml'] as const;
export const DOMAINS = ['sinusoid', 'point-mass'] as const;

/** Settings of all genomes of an arm: how they live and mutate. */
export const LifeSpec = z.strictObject({
  domain: z._default(z.enum(DOMAINS), 'sinusoid'),
  method: z.enum(METHODS),
  /** Inner steps of a lifetime; where they are evolved, of the first generation. */
  lessons: whole(1, 200, 5),
  /** Whether the number of lessons is a gene, of at most 20; each then costs `price` of fitness. */
  evolveLessons: z._default(z.boolean(), false),
  price: real(0, 10, 0),
  /** Whether each weight has a gene that says if it learns. */
  mask: z._default(z.boolean(), false),
  rule: z._default(z.enum(['gradient', 'sign']), 'gradient'),
  /** Share of the weights that a mutation moves, by sigma times one lognormal draw; deviation of the log learning rate. */
  mutation: z.prefault(
    z.strictObject({
      share: real(0, 1, 0.3),
      sigma: real(0, 1, 0.025),
      rateSigma: real(0, 2, 0.15),
      flip: real(0, 0.5, 0.005),
    }),
    {},
  ),
});
export type LifeSpec = z.infer<typeof LifeSpec>;

export const ArmSpec = z.extend(LifeSpec, {
  name: armName,
  /** Generations; of `fomaml`: outer steps of 25 tasks each; `random` has one generation. */
  generations: whole(1, 100_000, 350),
});
export type ArmSpec = z.infer<typeof ArmSpec>;

/** The configuration of a run: all arms and seeds take the same tasks. */
export const BaldwinConfig = z.strictObject({
  arms: armsOf(ArmSpec),
  seeds,
  population: whole(8, 4096, 128),
  /** Fresh tasks of a generation, the same for all of it. */
  tasks: whole(1, 256, 16),
  /** Genomes in one lease: a part of a generation. It is a `litter` in stored data and on the wire, and there alone. */
  litter: whole(2, 512, 32),
  /** `tournament`: no generations; of each pair in a part the loser is replaced at once (microbial algorithm). */
  selection: z._default(z.enum(['generations', 'tournament']), 'generations'),
  /** Share of a generation that becomes parents. */
  parents: real(0.01, 1, 0.2),
  /** Share of a generation that must have lived when its deadline comes; who is missing then dies. */
  quorum: real(0.1, 1, 0.9),
  deadlineMs: whole(1000, 86_400_000, 120_000),
  /** Generations between two curves of the champion. */
  curveEvery: whole(1, 100_000, 10),
  /** Tasks that a champion is chosen and tested on. */
  testTasks: whole(1, 2000, 200),
  auditEvery,
});
export type BaldwinConfig = z.infer<typeof BaldwinConfig>;

/**
 * A genome as the way to it: a root (`parent` -1) is drawn from `seed`, a child is its parent mutated by `seed`.
 * `born`: the generation whose tasks the parent learnt, when that is inherited. Parents stand before children.
 */
export const TreeNode = z.strictObject({
  parent: z.int(),
  seed: z.int(),
  born: z.int(),
  /** Learning rate of a root instead of a drawn one. */
  rate: z.optional(z.number()),
});
export type TreeNode = z.infer<typeof TreeNode>;

const each = {
  life: LifeSpec,
  /** Seed of the chain: decides all tasks. */
  seed: z.int(),
  /** Tasks of a generation; of the sets that champions are chosen and tested on. */
  tasks: z.int(),
  testTasks: z.int(),
  tree: z.array(TreeNode),
  /** Places in the tree. */
  genomes: z.array(z.int()),
};

export const BaldwinTask = z.discriminatedUnion('what', [
  /** Loss of each genome after its lifetime, on the tasks of a generation or on those that champions are chosen on. */
  z.strictObject({ what: z.literal('litter'), ...each, on: z.union([z.int(), z.literal('choice')]) }),
  /** Mean loss after 0, 1, ... lessons, over the genomes; or of the initial weights that a descent came to. */
  z.strictObject({
    what: z.literal('curve'),
    ...each,
    on: z.enum(['choice', 'test']),
    lessons: z.int(),
    start: z.nullable(BlobRef),
  }),
  /**
   * For the gallery: learning rates of the genomes; then a new sinusoid at PORTRAIT_INPUTS, and what the first genome
   * answers there after 0, 1, ... lessons.
   */
  z.strictObject({ what: z.literal('portrait'), ...each, number: z.int(), lessons: z.int() }),
  /** Outer steps `from` up to `to` of first-order MAML, from the state that the last such lease left. */
  z.strictObject({ what: z.literal('descent'), ...each, from: z.int(), to: z.int(), start: z.nullable(BlobRef) }),
]);
export type BaldwinTask = z.infer<typeof BaldwinTask>;

/** Where portraits are looked at. */
export const PORTRAIT_INPUTS = Array.from({ length: 49 }, (_, i) => -5 + (10 * i) / 48);

/** Contribution of parts, curves and portraits: JSON, UTF-8. Of a descent: float32 theta, m, v, as they stand after it. */
export const BaldwinResult = z.strictObject({ values: z.array(z.number()).check(z.minLength(1), z.maxLength(4096)) });
export type BaldwinResult = z.infer<typeof BaldwinResult>;

/** Multiplications and additions of one example forward, by the shapes of the nets. */
export const FORWARD_FLOPS = { sinusoid: 3522, 'point-mass': 130 } as const;
/** Examples of a lesson, and of the test after the last. */
const EXAMPLES = { sinusoid: 10, 'point-mass': 50 } as const;

/** theta, m and v of the larger net. */
const DESCENT_BYTES = 12 * 4 * 1761;

/** Tasks of one outer step of first-order MAML (Finn et al. 2017, section 5.1). */
export const DESCENT_TASKS = 25;

/** Examples that a task's lifetimes see: forward alone, and with their gradient. */
function examplesOf(task: BaldwinTask): { readonly forward: number; readonly gradient: number } {
  const { life, genomes } = task;
  const each = EXAMPLES[life.domain];
  if (task.what === 'descent') {
    const tasks = (task.to - task.from) * DESCENT_TASKS;
    return { forward: 0, gradient: tasks * (life.lessons + 1) * each };
  }
  if (task.what === 'portrait')
    return { forward: (task.lessons + 1) * PORTRAIT_INPUTS.length, gradient: task.lessons * each };
  const tasks = task.what === 'litter' && task.on !== 'choice' ? task.tasks : task.testTasks;
  const lives = Math.max(1, genomes.length) * tasks;
  const lessons = task.what === 'curve' ? task.lessons : life.method === 'darwin' ? 0 : life.lessons;
  const tests = task.what === 'curve' ? lessons + 1 : 1;
  return { forward: lives * tests * each, gradient: lives * lessons * each };
}

/** Genomes, or outer steps; a gradient costs three times what forward does. */
export function amountOf(task: BaldwinTask): Amount {
  const { forward, gradient } = examplesOf(task);
  return {
    steps: task.what === 'descent' ? task.to - task.from : Math.max(1, task.genomes.length),
    examples: forward + gradient,
    flops: FORWARD_FLOPS[task.life.domain] * (forward + 3 * gradient),
    payloadBytes: 65_536 + (task.what === 'descent' ? 65_536 + DESCENT_BYTES : 0),
  };
}
