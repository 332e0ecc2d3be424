import { ERRORS, type ErrorCode, PathfoldError } from '@pathfold/protocol/errors';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';

/** OpenAI's words for who must act. */
const typeOf = (status: number): string => {
  if (status === 401) return 'authentication_error';
  if (status === 404) return 'not_found_error';
  if (status === 429) return 'rate_limit_error';
  return status < 500 ? 'invalid_request_error' : 'server_error';
};

/** An error as OpenAI's clients read it, with our code. */
export const openAiError = (code: ErrorCode, message: string, param: string | null = null) => ({
  error: { message, type: typeOf(ERRORS[code].status), param, code },
});

const CODES: Record<number, ErrorCode> = { 413: 'too_large', 415: 'unsupported_media_type', 429: 'rate_limited' };

/** Every error of these routes in OpenAI's form. */
export const answerOpenAiError = (error: FastifyError, request: FastifyRequest, reply: FastifyReply) => {
  if (error instanceof PathfoldError) {
    const { status } = ERRORS[error.code];
    if (status === 429 && !reply.hasHeader('retry-after')) reply.header('retry-after', 1);
    if (status >= 500) request.log.error({ err: error }, 'prompt failed');
    return reply.code(status).send(openAiError(error.code, error.detail));
  }
  if (hasZodFastifySchemaValidationErrors(error)) {
    const [first] = error.validation;
    const param = first?.instancePath.slice(1).replaceAll('/', '.') || null;
    return reply.code(400).send(openAiError('bad_request', `${param ?? 'body'}: ${first?.message}`, param));
  }
  const status = error.statusCode ?? 500;
  if (status >= 500) {
    request.log.error({ err: error }, 'prompt failed');
    return reply.code(500).send(openAiError('internal', ERRORS.internal.what));
  }
  const code: ErrorCode = CODES[status] ?? 'bad_request';
  const message = code === 'unsupported_media_type' ? 'Send application/json.' : error.message;
  return reply.code(ERRORS[code].status).send(openAiError(code, message));
};
