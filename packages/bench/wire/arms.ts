import { q } from '@pathfold/compression/q';
import { fnv1a } from '@pathfold/protocol/fnv';
import type { Coarseness, RunSpecInput, Wire } from '@pathfold/protocol/run-spec';
import { byCodec, int4, int8, type Rival, topK, withFeedback } from './rivals.ts';

/** A way for gradients to travel: a codec of the product, or what a rival makes of them. */
export interface Arm {
  readonly outer: NonNullable<RunSpecInput['outer']>;
  readonly wire?: Wire;
  /** Every bit of a version is sent. Absent: where the product does so. */
  readonly down?: 'whole';
  /** The rival of one volunteer. */
  readonly rival?: (volunteer: string) => Rival;
  /** The arm whose loss it is compared with. */
  readonly base: string;
}

const NESTEROV = { kind: 'nesterov', learningRate: 0.7, momentum: 0.9 } as const;
/** SparseLoCo's outer step. */
const SGD = { kind: 'sgd', learningRate: 1, momentum: 0 } as const;
const DECAY = 0.95;

const never = () => false;
/** Whether something is lost, 3 times of 10, drawn by name. */
const sometimes = (volunteer: string) => {
  let round = 0;
  return () => fnv1a(`${volunteer}/${round++}`) % 10 < 3;
};

const lattice = (coarseness: Coarseness): Arm => ({
  outer: NESTEROV,
  base: 'f32',
  wire: { codec: 'q', coarsest: coarseness },
});
const at = (coarseness: Coarseness): Arm => ({ ...lattice(coarseness), down: 'whole' });
const as = (rival: Rival): Arm => ({ outer: NESTEROV, base: 'f32', rival: () => rival });
const sparse = (kept: number): Arm => ({
  outer: SGD,
  base: 'f32, SGD',
  rival: () => withFeedback(topK(kept), DECAY, never),
});
/** The product offers no coarseness above 4. */
const fed = (coarseness: Coarseness | 8, lossy: boolean): Arm => ({
  outer: NESTEROV,
  base: 'f32',
  rival: (volunteer) => withFeedback(byCodec(q(coarseness as Coarseness)), 1, lossy ? sometimes(volunteer) : never),
});

export const ARMS: Readonly<Record<string, Arm>> = {
  f32: { outer: NESTEROV, base: 'f32' },
  'q at 1': at(1),
  'q at 2': at(2),
  'q at 2, lattice down': lattice(2),
  'q at 3': at(3),
  'q at 4': at(4),
  int8: as(int8),
  int4: as(int4),
  'f32, SGD': { outer: SGD, base: 'f32, SGD' },
  'top-k 3.1 %, SGD': sparse(128),
  'top-k 1.56 %, SGD': sparse(64),
  'q at 3, feedback': fed(3, false),
  'q at 4, feedback': fed(4, false),
  'q at 8, feedback': fed(8, false),
  'q at 3, feedback, 30 % lost': fed(3, true),
  'q at 4, feedback, 30 % lost': fed(4, true),
  'q at 8, feedback, 30 % lost': fed(8, true),
};
