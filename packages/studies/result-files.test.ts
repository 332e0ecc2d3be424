import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { keyOf, ResultFiles } from './result-files.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pathfold-study-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const config = { workers: [4], inner: { batch: 8, steps: 25 } };
const made = { executor: 'wasm', config };
const result = { figures: { nats: 1.5 }, curves: { nats: [[1, 2] as const] } };

test('a key changes with the configuration, the seed and the arithmetic, not with the order of fields', () => {
  const key = keyOf(config, 1, 'x');
  expect(keyOf({ inner: { steps: 25, batch: 8 }, workers: [4] }, 1, 'x')).toBe(key);
  for (const other of [keyOf({ ...config, workers: [8] }, 1, 'x'), keyOf(config, 2, 'x'), keyOf(config, 1, 'y')])
    expect(other).not.toBe(key);
});

test('what was written is read back under its key only', () => {
  const files = new ResultFiles(folder);
  const [key, other] = [keyOf(config, 1, 'x'), keyOf(config, 1, 'y')];
  expect(files.read('k4', 1, key)).toBeNull();
  files.write('k4', 1, { ...made, key }, result);
  expect(files.read('k4', 1, key)).toEqual(result);
  const [name] = readdirSync(join(folder, 'results'));
  const file = JSON.parse(readFileSync(join(folder, 'results', name!), 'utf8'));
  expect(file).toEqual({ arm: 'k4', seed: 1, key, ...made, ...result });
  expect(files.read('k4', 1, other)).toBeNull();
  expect(files.read('k4', 2, key)).toBeNull();
});

test('a stale result goes when its successor comes, and no other', () => {
  const files = new ResultFiles(folder);
  const [old, next] = [keyOf(config, 1, 'x'), keyOf(config, 1, 'y')];
  files.write('k4', 1, { ...made, key: old }, result);
  files.write('k4', 11, { ...made, key: old }, result);
  files.write('k4-domains', 1, { ...made, key: old }, result);
  files.write('k4', 1, { ...made, key: next }, result);
  expect(files.read('k4', 1, old)).toBeNull();
  expect(readdirSync(join(folder, 'results'))).toHaveLength(3);
});

test('a file that is not what its name says is refused with its path', () => {
  const files = new ResultFiles(folder);
  const key = keyOf(config, 1, 'x');
  files.write('k4', 1, { ...made, key }, result);
  const [name] = readdirSync(join(folder, 'results'));
  const path = join(folder, 'results', name!);
  writeFileSync(path, readFileSync(path, 'utf8').replace(key, '0'.repeat(64)));
  expect(() => files.read('k4', 1, key)).toThrow(path);
});
