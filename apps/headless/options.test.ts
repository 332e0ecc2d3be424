import { expect, test, vi } from 'vitest';
import { askedIdentity, readOptions } from './options.ts';

test('a url is enough; the rest has defaults', () => {
  const options = readOptions(['--url', 'https://train.example.org']);
  expect(options).toMatchObject({ throttle: 1, choice: 'automatic', name: 'headless', share: false, answer: false });
  expect(options?.uploadLimit).toBeNull();
  expect(options?.dataDirs.slice(0, 2)).toEqual(['.pathfold/volunteer', '.pathfold/volunteer-2']);
  expect(options?.url.href).toBe('https://train.example.org/');
});

test('folders are in the data folder of the environment, or as told', () => {
  vi.stubEnv('PATHFOLD_DATA_DIR', '/data');
  expect(readOptions(['--url', 'http://x'])?.dataDirs[0]).toBe('/data/volunteer');
  expect(askedIdentity(['--id'])).toBe('/data/volunteer');
  expect(readOptions(['--url', 'http://x', '--data', 'own'])?.dataDirs).toEqual(['own']);
  vi.unstubAllEnvs();
});

test('a coordinator below a path keeps its path', () => {
  const options = readOptions(['--url', 'http://host:1/under', '--throttle', '0.5', '--compute', 'cpu', '--share']);
  expect(readOptions(['--url', 'http://x', '--share', '--upload-limit', '50000'])?.uploadLimit).toBe(50_000);
  expect(new URL('api/v1/volunteer', options?.url).href).toBe('http://host:1/under/api/v1/volunteer');
  expect(options).toMatchObject({ throttle: 0.5, choice: 'cpu', share: true });
});

test('help is help, whatever else is asked', () => {
  expect(readOptions(['--help'])).toBeNull();
});

test.each([
  [[], '--url URL'],
  [['--url', 'train.example.org'], 'http or https address'],
  [['--url', 'ftp://x/'], 'http or https address'],
  [['--url', 'http://x', '--throttle', '0'], '0.05 to 1'],
  [['--url', 'http://x', '--throttle', 'half'], '"half"'],
  [['--url', 'http://x', '--compute', 'tpu'], 'automatic, gpu or cpu'],
  [['--url', 'http://x', '--upload-limit', '16000'], 'from 16384 on'],
  [['--url', 'http://x', '--upload-limit', 'fast'], '"fast"'],
  [['--url', 'http://x', '--name', 'n'.repeat(41)], '40 characters'],
  [['--url', 'http://x', '--nmae', 'y'], '--nmae'],
  [['--url'], '--url'],
])('%j is refused in one sentence', (args, words) => {
  expect(() => readOptions(args)).toThrow(words);
  try {
    readOptions(args);
  } catch (error) {
    expect((error as Error).message).not.toContain('\n');
  }
});
