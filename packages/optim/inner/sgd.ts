import type { Trace } from '@pathfold/tensors/plan/trace';
import type { Tensor } from '@pathfold/tensors/plan/types';
import { add } from '@pathfold/tensors/primitives/add/add';
import { scaleBy } from '@pathfold/tensors/primitives/scale/scale';

/** Appends theta <- theta + step * gradient, with the scalar input `step` = minus the learning rate. */
export const sgdStep = (t: Trace, theta: Tensor, gradient: Tensor): void =>
  t.update(theta, add(theta, scaleBy(gradient, t.input('step', []))));
