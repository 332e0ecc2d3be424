import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const entry = fileURLToPath(new URL('simulate.ts', import.meta.url));
const simulate = (...args: string[]) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', entry, ...args], {
    encoding: 'utf8',
  });
  return { status, stdout, stderr, report: () => JSON.parse(stdout.trimEnd().split('\n').at(-1)!) };
};

test('the last line is the report, and the same seed gives the same log', () => {
  const first = simulate('--seed', '5', '--volunteers', '8', '--paths', '2x2');
  expect(first.status).toBe(0);
  expect(first.report()).toMatchObject({
    seeds: 1,
    violations: [],
    logSha256: expect.stringMatching(/^[0-9a-f]{64}$/),
  });
  const second = simulate('--seed', '5', '--volunteers', '8', '--paths', '2x2');
  expect(second.report().logSha256).toBe(first.report().logSha256);
});

test('a planted bug makes it fail, and the seed is printed', () => {
  const { status, stderr, report } = simulate('--plant', 'credit-off-by-one');
  expect(status).toBe(1);
  expect(stderr).toMatch(/^seed 1: /);
  expect(report().violations).toHaveLength(1);
});

test.each([
  ['--plant', 'nonsense'],
  ['--plant', 'constructor'],
  ['--volunteers', '0'],
  ['--paths', '4y4'],
  ['--mode', 'eventually'],
  ['--nonsense'],
])('an error of use is one sentence: %s %s', (...args) => {
  const { status, stdout, stderr } = simulate(...args);
  expect(status).toBe(2);
  expect(stdout).toBe('');
  expect(stderr.trimEnd().split('\n')).toHaveLength(1);
});
