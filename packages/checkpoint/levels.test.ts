import type { LlamaShape } from '@pathfold/nets/llama-shape';
import { describe, expect, test } from 'vitest';
import { hiddenWidth } from './layout.ts';
import { type EmbeddingKind, pathIds, pathModules, runModules } from './levels.ts';

const model: LlamaShape = { width: 128, blocks: 4, heads: 4, context: 128, vocabulary: 256, tied: true };
const levels = [
  { experts: 2, blocks: 1 },
  { experts: 3, blocks: 3 },
];

describe('modules', () => {
  test('are the embedding, the experts of each level, and the head', () => {
    expect(runModules(model, levels).map(({ name }) => name)).toEqual([
      'embedding',
      'level0.0',
      'level0.1',
      'level1.0',
      'level1.1',
      'level1.2',
      'head',
    ]);
  });

  test('hold the tensors of a block in the order that every reader follows', () => {
    const { tensors } = runModules(model, [{ experts: 1, blocks: 4 }])[1]!;
    expect(tensors.slice(0, 6).map(({ name, shape }) => [name, ...shape])).toEqual([
      ['block0.attentionNorm', 128],
      ['block0.qkv', 128, 384],
      ['block0.attentionOut', 128, 128],
      ['block0.mlpNorm', 128],
      ['block0.gateUp', 128, 688],
      ['block0.down', 344, 128],
    ]);
    expect(tensors[6]!.name).toBe('block1.attentionNorm');
  });

  test('add up to the published size of a path', () => {
    const byteModel = { ...model, width: 64, heads: 2 };
    const size = pathModules(byteModel, levels, '1-2').reduce((sum, module) => sum + module.parameterCount, 0);
    expect(size).toBe(217_664);
    expect([64, 96, 128].map(hiddenWidth)).toEqual([176, 256, 344]);
  });

  test('of a path are one expert a level', () => {
    const names = pathModules(model, levels, '1-2').map(({ name }) => name);
    expect(names).toEqual(['embedding', 'level0.1', 'level1.2', 'head']);
    expect(() => pathModules(model, levels, '2-0')).toThrow('no path 2-0');
    expect(() => pathModules(model, levels, '0')).toThrow('no path 0');
  });

  test('may belong to one path alone', () => {
    const own = [levels[0]!, { experts: 'path' as const, blocks: 1 }, { experts: 3, blocks: 2 }];
    expect(pathIds(own)).toEqual(['0-0-0', '0-1-1', '0-2-2', '1-3-0', '1-4-1', '1-5-2']);
    const names = (path: string, embedding: EmbeddingKind) =>
      pathModules(model, own, path, embedding).map(({ name }) => name);
    expect(names('1-4-1', 'shared')).toEqual(['embedding', 'level0.1', 'level1.4', 'level2.1', 'head']);
    expect(names('1-4-1', 'level')).toEqual(['embedding.1', 'level0.1', 'level1.4', 'level2.1', 'head.1']);
    expect(names('1-4-1', 'path')).toEqual(['embedding.4', 'level0.1', 'level1.4', 'level2.1', 'head.4']);
    const count = (embedding: EmbeddingKind) => runModules(model, own, embedding).length;
    expect([count('shared'), count('level'), count('path')]).toEqual([1 + 11 + 1, 2 + 11 + 2, 6 + 11 + 6]);
  });

  test('have an output matrix only when it is not tied to the embedding', () => {
    const head = (tied: boolean) => runModules({ ...model, tied }, levels).at(-1)!;
    expect(head(true).tensors.map(({ name }) => name)).toEqual(['finalNorm']);
    expect(head(false).tensors.map(({ name, shape }) => [name, ...shape])).toEqual([
      ['finalNorm', 128],
      ['output', 128, 256],
    ]);
  });
});
