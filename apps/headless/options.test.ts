import { expect, test } from 'vitest';
import { readOptions } from './options.ts';

test('a url is enough; the rest has defaults', () => {
  const options = readOptions(['--url', 'https://train.example.org']);
  expect(options).toMatchObject({ throttle: 1, choice: 'automatic', name: 'headless', share: false, answer: false });
  expect(options?.dataDir).toBe('.pathfold/volunteer');
  expect(options?.url.href).toBe('https://train.example.org/');
});

test('a coordinator below a path keeps its path', () => {
  const options = readOptions(['--url', 'http://host:1/under', '--throttle', '0.5', '--compute', 'cpu', '--share']);
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
