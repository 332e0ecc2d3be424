import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

type AfterEnd = (code: number | null, last: string) => { again: boolean; words: string };
const { afterEnd }: { afterEnd: AfterEnd } = await import(new URL('./ended.mjs', import.meta.url).href);

test.each([
  [0, { again: false, words: "This machine's volunteer stopped." }],
  [3, { again: false, words: expect.stringMatching(/is not started again\. It was banned\.$/) }],
  [1, { again: true, words: expect.stringContaining('starts again in ten seconds') }],
  [null, { again: true, words: expect.stringContaining('starts again in ten seconds') }],
])('a volunteer that ended with %s is started again only when something went wrong', (code, expected) => {
  expect(afterEnd(code, 'It was banned.')).toEqual(expected);
});

test('a volunteer that cannot be used as it was asked to says why itself, and is not started again', () => {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const args = ['--import', 'tsx', 'apps/headless/main.ts', '--url', 'ftp://nowhere'];
  const { status, stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' });
  expect(stderr).toBe('--url must be an http or https address, not "ftp://nowhere".\n');
  expect(afterEnd(status, '')).toEqual({
    again: false,
    words: "This machine's volunteer ended, and is not started again.",
  });
});
