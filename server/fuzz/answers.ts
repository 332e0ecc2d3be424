import { ERRORS, type ErrorCode } from '@pathfold/protocol/errors';
import { expect } from 'vitest';

/** An answer over HTTP. */
export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

const codeOf = (path: string, { type, body }: Answer): unknown => {
  if (path.startsWith('/v1/') && !type.startsWith('application/problem+json'))
    return (JSON.parse(body) as { error?: { code?: unknown } }).error?.code;
  expect(type, body).toMatch(/^application\/problem\+json/);
  return (JSON.parse(body) as { code?: unknown }).code;
};

/** A success, or a refusal with a code of the error table and its status; never that the coordinator failed. */
export function expectAnswer(path: string, answer: Answer): void {
  if (answer.status < 400) return;
  // Nothing is said in the body of an answer to HEAD.
  if (answer.body === '') {
    expect(answer.status).not.toBe(500);
    return;
  }
  const code = codeOf(path, answer);
  expect(Object.keys(ERRORS), answer.body).toContain(code);
  expect(code, answer.body).not.toBe('internal');
  expect(answer.status).toBe(ERRORS[code as ErrorCode].status);
}
