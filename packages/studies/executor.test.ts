import { spawnSync } from 'node:child_process';
import { openNative } from '@pathfold/tensors/executors/native/open';
import { openExecutor } from '@pathfold/tensors/executors/open';
import { expect, test } from 'vitest';
import { bitsOfRound, bitsOfToy, type Training, trainings } from './executor.fixture.ts';

const all = await trainings();

test('the shapes that arms train with are found', () => {
  const shapes = all.map(({ model: { width, context }, batch }) => `${width} ${context} ${batch}`);
  expect(shapes).toEqual(expect.arrayContaining(['32 64 8', '32 64 128', '64 128 8', '64 128 64']));
});

if (spawnSync('gcc', ['--version']).status !== 0)
  console.log('NOT TESTED: rounds on the native executor: there is no compiler here (apt-get install gcc libc6-dev).');
else {
  const [wasm, native] = [await openExecutor('wasm'), await openNative()];

  test.each(all)('a round of each arm has the same bits on both executors: %j', async (training: Training) => {
    expect(await bitsOfRound(native, training, 2)).toBe(await bitsOfRound(wasm, training, 2));
  });

  test('so have steps of the toy', async () => {
    expect(await bitsOfToy(native, 128, 20)).toBe(await bitsOfToy(wasm, 128, 20));
  });
}
