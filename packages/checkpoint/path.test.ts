import type { PathfoldError } from '@pathfold/protocol/errors';
import { sizeOf } from '@pathfold/tensors/plan/types';
import { expect, test } from 'vitest';
import { blobBytes, bytesOf, floatsOf } from './layout.ts';
import { joinModules, loadPath, parameterCount, pathShape, splitPath, weightsOf } from './path.ts';

const model = { width: 16, blocks: 3, heads: 2, context: 8, vocabulary: 20, tied: false };
const path = pathShape(
  model,
  [
    { experts: 2, blocks: 1 },
    { experts: 2, blocks: 2 },
  ],
  '1-0',
);
const theta = Float32Array.from({ length: parameterCount(path) }, (_, i) => i);

test('a blob is float32, little-endian, without a header, at any alignment', () => {
  const values = new Float32Array([0, -0, 1.5, 3.4e38, Number.NaN, Number.POSITIVE_INFINITY]);
  const blob = bytesOf(values);
  expect([...blob.subarray(8, 12)]).toEqual([0, 0, 0xc0, 0x3f]);
  for (const shift of [0, 1, 2, 3]) {
    const room = Buffer.alloc(blob.length + shift);
    room.set(blob, shift);
    const read = floatsOf(room.subarray(shift));
    expect(new Uint32Array(read.buffer)).toEqual(new Uint32Array(values.slice().buffer));
    read[0] = 7;
    expect(room[shift]).toBe(0);
  }
  expect(() => floatsOf(blob.subarray(1))).toThrow(expect.objectContaining({ code: 'wrong_size' }) as PathfoldError);
});

test('the modules of a path are its parts, in order, and joined they are the path', async () => {
  const parts = splitPath(theta, path);
  expect(parts.map((part) => part.length)).toEqual(path.modules.map((module) => module.parameterCount));
  expect(joinModules(parts)).toEqual(theta);
  parts[1]![0] = -1;
  expect(theta[parts[0]!.length]).toBe(-1);
  expect(await loadPath(parts, async (part) => bytesOf(part))).toEqual(theta);
  expect(path.modules.reduce((sum, module) => sum + blobBytes(module), 0)).toBe(theta.byteLength);
});

test('the tensors of a path cover its parameters, without a gap', () => {
  const parts = splitPath(theta, path);
  const { tensor } = weightsOf(path, parts);
  let end = 0;
  for (const { name, shape } of path.modules.flatMap((module) => module.tensors)) {
    const values = tensor(name);
    expect([values.byteOffset, values.length]).toEqual([4 * end, sizeOf(shape)]);
    end += values.length;
  }
  expect(end).toBe(theta.length);
  expect(() => tensor('block3.qkv')).toThrow('no tensor block3.qkv');
  expect(() => weightsOf(path, parts.slice(1))).toThrow('embedding has');
  expect(() => weightsOf(path, parts.slice(0, -1))).toThrow('module head has no parameters');
});
