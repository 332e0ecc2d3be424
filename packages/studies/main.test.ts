import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { STUDIES } from './names.ts';

const entry = fileURLToPath(new URL('main.ts', import.meta.url));
const study = (...args: string[]) =>
  spawnSync(process.execPath, ['--import', 'tsx', entry, ...args], { encoding: 'utf8' });

test('without a name it lists the studies', () => {
  const { status, stdout } = study();
  expect(status).toBe(0);
  for (const name of Object.keys(STUDIES)) expect(stdout).toContain(`  ${name} `);
});

test.each([
  [['nonsense'], 'no study nonsense'],
  [['diloco', '--arms', 'k4,k5'], 'no arm "k5"'],
])('an error of use is one sentence: %s', (args, sentence) => {
  const { status, stdout, stderr } = study(...args);
  expect(status).toBe(2);
  expect(stdout).toBe('');
  expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  expect(stderr).toContain(sentence);
});
