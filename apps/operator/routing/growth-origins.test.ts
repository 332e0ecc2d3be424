import { RunSpec, type RunSpecInput } from '@pathfold/protocol/run-spec';
import { expect, test } from 'vitest';
import { originsOf } from './growth-origins.ts';

const of = (levels: NonNullable<RunSpecInput['levels']>, embedding: RunSpecInput['embedding'] = 'shared') => {
  const spec = RunSpec.parse({ corpus: 'c', model: { blocks: levels.length }, levels, embedding, base: { steps: 1 } });
  return originsOf({ spec }).map(({ level, expert }) => `${level}.${expert}`);
};
const counted = (...experts: (number | 'path')[]) => experts.map((count) => ({ experts: count, blocks: 1 }));

test('every expert can be copied; with private modules only those of the first level that has some', () => {
  expect(of(counted(2, 3))).toEqual(['0.0', '0.1', '1.0', '1.1', '1.2']);
  expect(of(counted('path', 2, 3, 'path'))).toEqual(['1.0', '1.1']);
  expect(of(counted(2, 2), 'path')).toEqual(['0.0', '0.1']);
});
