import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { ERRORS, type ErrorCode, PathfoldError, problemOf } from '@pathfold/protocol/errors';
import type { ConnectionError, FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import type * as z from 'zod';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The code of a body that does not fit; `bad_request` unless given. */
    badBody?: ErrorCode;
    /** Stands in the description for a body whose own schema tells nothing. */
    describedBody?: z.ZodType;
  }
}

/** Fastify's own refusals in the words of the error table. */
const FASTIFY_CODES: Record<string, ErrorCode> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'too_large',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported_media_type',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'bad_request',
  FST_ERR_CTP_INVALID_JSON_BODY: 'bad_request',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'bad_request',
};

/** Node's own refusals: HTTP's status, and what is wrong. */
const UNREADABLE: Record<string, [number, string]> = {
  HPE_HEADER_OVERFLOW: [431, 'The headers are larger than 16 KiB.'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'The request did not come in time.'],
};

const problemOfError = (
  error: FastifyError,
  { routeOptions: { config, schema } }: FastifyRequest,
): { code: ErrorCode; detail?: string } => {
  if (error instanceof PathfoldError) return { code: error.code, detail: error.detail };
  if (hasZodFastifySchemaValidationErrors(error)) {
    const { validationContext: context } = error;
    const where = context === 'body' ? '' : `${context}: `;
    const detail = error.validation
      .slice(0, 5)
      .map((v) => `${where}${v.instancePath.slice(1).replaceAll('/', '.') || 'the whole'}: ${v.message}`)
      .join('; ');
    // A string that cannot be an id is the id of nothing.
    return {
      code: context === 'body' ? (config.badBody ?? 'bad_request') : context === 'params' ? 'not_found' : 'bad_request',
      detail,
    };
  }
  const code = FASTIFY_CODES[error.code];
  if (code === 'unsupported_media_type')
    return { code, detail: `Send ${schema?.consumes?.join(' or ') ?? 'application/json'}.` };
  if (code) return { code, detail: error.message };
  if (error.statusCode === 429) return { code: 'rate_limited', detail: error.message };
  if (error.statusCode !== undefined && error.statusCode >= 400 && error.statusCode < 500)
    return { code: 'bad_request', detail: error.message };
  return { code: 'internal' };
};

export const sendProblem = (reply: FastifyReply, code: ErrorCode, detail?: string) => {
  const { status } = ERRORS[code];
  if (status === 429 && !reply.hasHeader('retry-after')) reply.header('retry-after', 1);
  return reply.code(status).type('application/problem+json').serializer(JSON.stringify).send(problemOf(code, detail));
};

/** Refusals of Node's parser, before there is a request. */
export function answerUnreadable({ code }: ConnectionError, socket: Socket): void {
  if (code !== 'ECONNRESET' && socket.writable) {
    const [status, detail] = UNREADABLE[code] ?? [400, 'This is no HTTP request.'];
    const body = JSON.stringify({ ...problemOf('bad_request', detail), status });
    socket.write(
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Length: ${Buffer.byteLength(body)}\r\n` +
        `Content-Type: application/problem+json\r\n\r\n${body}`,
    );
  }
  socket.destroy();
}

/** Answers every error as `application/problem+json` (RFC 9457) with a code of the error table. */
export function answerProblems(app: FastifyInstance): void {
  app.setErrorHandler<FastifyError>((error, request, reply) => {
    const { code, detail } = problemOfError(error, request);
    if (code === 'internal') request.log.error({ err: error }, 'request failed');
    return sendProblem(reply, code, detail);
  });
  app.setNotFoundHandler((request, reply) =>
    sendProblem(reply, 'not_found', `There is nothing at ${request.method} ${request.url.split('?')[0]}.`),
  );
}
