import { ERRORS, type ErrorCode, PathfoldError } from '@pathfold/protocol/errors';
import type * as z from 'zod/mini';
import { learnTime } from './coordinator-clock.ts';

export interface ClientOptions {
  /** Origin of the coordinator, for example `http://127.0.0.1:8080`; in a page `location.origin`. */
  readonly baseUrl: string;
  /** Operator token; without it the page's session cookie speaks. */
  readonly token?: string | undefined;
}

export interface Call {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly query?: Record<string, string | number | undefined>;
  readonly headers?: Record<string, string>;
  readonly body?: unknown;
  readonly signal?: AbortSignal | undefined;
}

/** The coordinator could not be reached at all, as against an answer that says no. */
export class UnreachableError extends Error {
  constructor(cause: unknown) {
    super('The coordinator does not answer.', { cause });
  }
}

/** The fault, in one sentence for the person. */
export function sentenceOf(error: unknown): string {
  if (error instanceof PathfoldError) return error.detail;
  if (error instanceof UnreachableError) return error.message;
  return 'The coordinator answered something that this page does not understand. Reload the page.';
}

/** The error that a problem+json body stands for; `internal` when the body is something else. */
export function errorOf(status: number, body: unknown): PathfoldError {
  const problem = (typeof body === 'object' && body ? body : {}) as { code?: unknown; detail?: unknown };
  const known = typeof problem.code === 'string' && problem.code in ERRORS;
  const detail =
    typeof problem.detail === 'string' ? problem.detail : `The coordinator answered with status ${status}.`;
  return new PathfoldError(known ? (problem.code as ErrorCode) : 'internal', detail);
}

export type Http = ReturnType<typeof createHttp>;

/** JSON over fetch. Every method throws PathfoldError for a refusal and UnreachableError for silence. */
export function createHttp({ baseUrl, token }: ClientOptions) {
  const authorization: Record<string, string> = token ? { Authorization: `Bearer ${token}` } : {};

  const url = (path: string, query: Call['query'] = {}): string => {
    const address = new URL(`/api/v1${path}`, baseUrl);
    for (const [key, value] of Object.entries(query))
      if (value !== undefined) address.searchParams.set(key, `${value}`);
    return address.href;
  };

  /** Answers the response once its status is good. */
  async function send(path: string, call: Call = {}): Promise<Response> {
    const json = call.body !== undefined;
    const sentAt = Date.now();
    let response: Response;
    try {
      response = await fetch(url(path, call.query), {
        method: call.method ?? 'GET',
        headers: {
          Accept: 'application/json',
          ...authorization,
          ...(json ? { 'Content-Type': 'application/json' } : {}),
          ...call.headers,
        },
        credentials: 'same-origin',
        ...(json ? { body: JSON.stringify(call.body) } : {}),
        ...(call.signal ? { signal: call.signal } : {}),
      });
    } catch (cause) {
      if (call.signal?.aborted) throw cause;
      throw new UnreachableError(cause);
    }
    learnTime(response.headers.get('date'), sentAt, Date.now());
    if (!response.ok) throw errorOf(response.status, await response.json().catch(() => null));
    return response;
  }

  /** Sends and reads an answer of the given shape. */
  async function ask<T extends z.ZodMiniType>(schema: T, path: string, call?: Call): Promise<z.output<T>> {
    const response = await send(path, call);
    return schema.parse(await response.json());
  }

  /** Sends and ignores what the answer holds. */
  async function tell(path: string, call: Call): Promise<void> {
    const response = await send(path, call);
    await response.body?.cancel();
  }

  return { url, authorization, send, ask, tell };
}
