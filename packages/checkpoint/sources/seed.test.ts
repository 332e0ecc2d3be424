import { createHash } from 'node:crypto';
import type { LlamaShape } from '@pathfold/nets/llama-shape';
import { describe, expect, test } from 'vitest';
import { bytesOf } from '../layout.ts';
import { runModules } from '../levels.ts';
import { initModule } from './seed.ts';

const model: LlamaShape = { width: 128, blocks: 4, heads: 4, context: 128, vocabulary: 256, tied: true };
const levels = [
  { experts: 2, blocks: 1 },
  { experts: 3, blocks: 3 },
];

describe('first values', () => {
  const spread = (values: Float32Array) => Math.sqrt(values.reduce((sum, v) => sum + v * v, 0) / values.length);

  test('are normal with deviation 0.05, smaller where a residual branch ends, and gains are 1', () => {
    const shape = runModules(model, levels)[1]!;
    const values = initModule(shape, 1);
    const [qkvFrom, outFrom] = [128, 128 + 128 * 384];
    expect(values.subarray(0, 128).every((v) => v === 1)).toBe(true);
    expect(spread(values.subarray(qkvFrom, outFrom))).toBeCloseTo(0.05, 3);
    expect(spread(values.subarray(outFrom, outFrom + 128 * 128))).toBeCloseTo(0.05 / Math.sqrt(8), 3);
    const tail = values.subarray(qkvFrom, outFrom).filter((v) => Math.abs(v) > 0.1).length / (128 * 384);
    expect(tail).toBeCloseTo(0.0455, 2);
  });

  test('are equal for the experts of a level, and differ between levels and seeds', () => {
    const [, a, b] = runModules(model, levels);
    expect(initModule(a!, 1)).toEqual(initModule(b!, 1));
    expect(initModule(a!, 1)).not.toEqual(initModule(a!, 2));
  });

  test('are the same bits on every machine', () => {
    const values = initModule(runModules(model, levels)[0]!, 1);
    expect(createHash('sha256').update(bytesOf(values)).digest('hex')).toBe(
      '17647e0220c88fec1ec1ce2b8298b8d112689abcf1e75be8de9200fe70495b84',
    );
  });
});
