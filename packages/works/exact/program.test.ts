import type { Executor } from '@pathfold/tensors/executors/executor';
import { openNative } from '@pathfold/tensors/executors/native/open';
import { trace } from '@pathfold/tensors/plan/trace';
import { sub } from '@pathfold/tensors/primitives/arithmetic/arithmetic';
import { tanh } from '@pathfold/tensors/primitives/functions/functions';
import { matmul } from '@pathfold/tensors/primitives/matmul/matmul';
import { mul } from '@pathfold/tensors/primitives/mul/mul';
import { scale } from '@pathfold/tensors/primitives/scale/scale';
import { sum } from '@pathfold/tensors/primitives/sum/sum';
import { expect, test } from 'vitest';
import { openExact } from './program.ts';

/** A step of gradient descent on the squares of tanh(w w). */
const descent = () =>
  trace((t) => {
    const w = t.state('w', [7, 7]);
    const y = tanh(matmul(w, w));
    t.update(w, sub(w, scale(t.gradients(sum(mul(y, y)), [w])[0]!, 0.05)));
  });
const start = Float32Array.from({ length: 49 }, (_, i) => ((i * 37) % 19) / 19 - 0.5);

async function afterSteps(open?: () => Promise<Executor>): Promise<Float32Array> {
  const exact = await openExact(open);
  const program = exact.program('descent', descent);
  program.write('w', start);
  for (let step = 0; step < 20; step++) await program.run({});
  const w = await program.read('w');
  exact.dispose();
  return w;
}

test('the native executor gives the bits of the WebAssembly one', async () => {
  const w = await afterSteps();
  expect(w).not.toEqual(start);
  expect(await afterSteps(() => openNative())).toEqual(w);
});

test('a plan is traced once for its key, and its program keeps its state', async () => {
  const exact = await openExact();
  let traced = 0;
  const program = () =>
    exact.program('descent', () => {
      traced++;
      return descent();
    });
  program().write('w', start);
  await program().run({});
  expect(await program().read('w')).not.toEqual(start);
  expect(traced).toBe(1);
  exact.dispose();
});
