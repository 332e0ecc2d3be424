import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ERRORS, PathfoldError, problemOf } from './errors.ts';

test('docs/PROTOCOL.md holds the same error table', () => {
  const page = readFileSync(new URL('../../docs/PROTOCOL.md', import.meta.url), 'utf8');
  const lines = page.split('\n').map((line) => line.replace(/ +/g, ' '));
  const rows = lines.filter((line) => /^\| `[a-z_]+` \| \d{3} \|/.test(line));
  const expected = Object.entries(ERRORS).map(([code, e]) => `| \`${code}\` | ${e.status} | ${e.what} | ${e.todo} |`);
  expect(rows).toEqual(expected);
});

test('a problem carries its code, its status and what to do', () => {
  expect(problemOf('bad_token', 'lease r1.4')).toEqual({
    type: 'urn:pathfold:error:bad_token',
    title: ERRORS.bad_token.what,
    status: 401,
    detail: 'lease r1.4',
    code: 'bad_token',
    todo: ERRORS.bad_token.todo,
  });
  expect(new PathfoldError('bad_token').message).toContain('bad_token');
});
