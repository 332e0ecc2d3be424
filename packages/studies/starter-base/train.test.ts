import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openExecutor } from '@pathfold/tensors/executors/open';
import { afterAll, expect, test } from 'vitest';
import { type BaseSpec, trainBase } from './train.ts';

const folder = mkdtempSync(join(tmpdir(), 'base-'));
afterAll(() => rmSync(folder, { recursive: true }));

const spec: BaseSpec = {
  model: { width: 16, blocks: 1, heads: 2, context: 16, vocabulary: 280, tied: true },
  seed: 1,
  inner: { learningRate: 1e-2, warmupSteps: 2, totalSteps: 40, batch: 4, weightDecay: 0.1, clipNorm: 1 },
  storeEvery: 20,
};
const text = 'The path goes over the hill, and the hill is green in the morning. '.repeat(5);
const texts = { train: [{ id: 'a', domain: 'a', text }], heldOut: [{ id: 'b', domain: 'a', text: text.slice(9) }] };
const stored = (name: string, steps: number) =>
  ['model.safetensors', 'moments.bin', 'record.json'].map((file) =>
    readFileSync(join(folder, name, String(steps), file)),
  );

test('training learns, goes on from what it stored to the same bits, and refuses another spec', async () => {
  const executor = await openExecutor('wasm');
  const stop = new Error('stopped');
  const { curve } = await trainBase(join(folder, 'whole'), spec, texts, executor, () => {});
  expect(curve.map(({ steps }) => steps)).toEqual([20, 40]);
  expect(curve[1]!.heldOutBitsPerByte).toBeLessThan(curve[0]!.heldOutBitsPerByte);

  const interrupted = trainBase(join(folder, 'parts'), spec, texts, executor, () => {
    throw stop;
  });
  await expect(interrupted).rejects.toThrow(stop);
  expect(JSON.parse(String(stored('parts', 20)[2])).curve).toHaveLength(1);
  // As a kill in the midst of storing leaves it.
  mkdirSync(join(folder, 'parts/part'));
  writeFileSync(join(folder, 'parts/part/record.json'), '{');
  await trainBase(join(folder, 'parts'), spec, texts, executor, () => {});
  expect(readdirSync(join(folder, 'parts'))).toEqual(['40']);
  expect(stored('parts', 40)).toEqual(stored('whole', 40));

  const other = trainBase(join(folder, 'parts'), { ...spec, seed: 2 }, texts, executor, () => {});
  await expect(other).rejects.toThrow('another spec');
});

test('how often it stores changes nothing but roundings: every step has its own draw', async () => {
  const executor = await openExecutor('wasm');
  const scoreAt = async (storeEvery: number): Promise<number> => {
    const to = join(folder, `every${storeEvery}`);
    const { curve } = await trainBase(to, { ...spec, storeEvery }, texts, executor, () => {});
    return curve.at(-1)!.heldOutBitsPerByte;
  };
  expect(await scoreAt(10)).toBeCloseTo(await scoreAt(40), 4);
});
