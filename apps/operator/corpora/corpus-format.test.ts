import { expect, test } from 'vitest';
import { formatOf } from './corpus-format.ts';

test('JSON lines are known by the end of the name, however it is written', () => {
  expect(['a.jsonl', 'DATA.JSONL', 'a.txt', 'A.TXT', 'jsonl'].map(formatOf)).toEqual([
    'jsonl',
    'jsonl',
    'txt',
    'txt',
    'txt',
  ]);
});
