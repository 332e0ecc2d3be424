import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const entry = fileURLToPath(new URL('main.ts', import.meta.url));

test.each([
  ['train', { PATHFOLD_CHROMIUM: '/nowhere/chromium' }, 'apt-get install chromium'],
  ['native', { PATH: '' }, 'apt-get install gcc'],
])('a benchmark on a machine without what it needs says so in one sentence: %s', (name, env, how) => {
  const args = ['--import', 'tsx', entry, name, '--quick'];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    encoding: 'utf8',
    env: { ...process.env, ...env },
  });
  expect([status, stdout]).toEqual([2, '']);
  expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  expect(stderr).toContain(how);
});

test.each([[['constructor']], [['train', 'f16']]])(
  'an error of use is one sentence, and nothing is measured: %j',
  (args) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', entry, ...args], {
      encoding: 'utf8',
    });
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  },
);
