import { openNative } from '@pathfold/tensors/executors/native/open';
import { openExecutor } from '@pathfold/tensors/executors/open';
import { expect, test } from 'vitest';
import { bitsOfRound, bitsOfToy, type Training, trainings } from './executor.fixture.ts';

const [wasm, native] = [await openExecutor('wasm'), await openNative()];

test.each(await trainings())('25 steps of each arm have the same bits on both: %j', async (training: Training) => {
  expect(await bitsOfRound(native, training, 25)).toBe(await bitsOfRound(wasm, training, 25));
});

test('so have steps of the large toy', async () => {
  expect(await bitsOfToy(native, 65_000, 2)).toBe(await bitsOfToy(wasm, 65_000, 2));
});
