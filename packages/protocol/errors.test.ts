import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { DETAIL_CHARS, ERRORS, PathfoldError, problemOf } from './errors.ts';

test('docs/PROTOCOL.md holds the same error table', () => {
  const page = readFileSync(new URL('../../docs/PROTOCOL.md', import.meta.url), 'utf8');
  const lines = page.split('\n').map((line) => line.replace(/ +/g, ' '));
  const rows = lines.filter((line) => /^\| `[a-z_]+` \| \d{3} \|/.test(line));
  const expected = Object.entries(ERRORS).map(([code, e]) => `| \`${code}\` | ${e.status} | ${e.what} | ${e.todo} |`);
  expect(rows).toEqual(expected);
});

test('a problem says what happened, here or else in general, and what to do', () => {
  const problem = {
    type: 'urn:pathfold:error:too_large',
    title: 'The body is larger than allowed.',
    status: 413,
    detail: 'at most 4 bytes',
    code: 'too_large',
    todo: 'Send no more than the detail says.',
  };
  expect(problemOf('too_large', 'at most 4 bytes')).toEqual(problem);
  expect(problemOf('too_large')).toEqual({ ...problem, detail: problem.title });
  expect(new PathfoldError('too_large', 'at most 4 bytes').message).toBe('too_large: at most 4 bytes');
  expect(new PathfoldError('too_large').detail).toBe(problem.title);
  const cut = new PathfoldError('bad_message', 'x'.repeat(5000)).detail;
  expect(cut).toBe(`${'x'.repeat(DETAIL_CHARS - 1)}…`);
});
