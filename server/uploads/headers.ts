import type { IncomingHttpHeaders } from 'node:http';
import { PathfoldError } from '@pathfold/protocol/errors';
import { Report } from '@pathfold/protocol/report';

const text = (value: string | string[] | undefined) => (Array.isArray(value) ? value.join(',') : (value ?? ''));

/** The sha256, in hexadecimal, that `Content-Digest` announces (RFC 9530). */
export function readDigest(headers: IncomingHttpHeaders): string {
  const digest = /(?:^|,)\s*sha-256=:([A-Za-z0-9+/]{43}=):/.exec(text(headers['content-digest']))?.[1];
  if (digest === undefined) throw new PathfoldError('digest_missing');
  return Buffer.from(digest, 'base64').toString('hex');
}

/** The report in the header `pathfold-report`: base64url of JSON. */
export function readReport(headers: IncomingHttpHeaders): Report {
  let json: unknown;
  try {
    json = JSON.parse(Buffer.from(text(headers['pathfold-report']), 'base64url').toString());
  } catch {
    throw new PathfoldError('bad_report', 'The header is not base64url of JSON.');
  }
  const result = Report.safeParse(json);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw new PathfoldError('bad_report', `${issue?.path.join('.') || 'report'}: ${issue?.message}`);
}

/** Which bytes of how many a request brings; `end` and `total` are null when it does not say. */
export interface Span {
  readonly start: number;
  readonly end: number | null;
  readonly total: number | null;
}

/** From `Content-Range: bytes FIRST-LAST/TOTAL`, else from `Content-Length` alone. */
export function readSpan(headers: IncomingHttpHeaders): Span {
  const length = headers['content-length'] === undefined ? null : Number(headers['content-length']);
  const range = headers['content-range'];
  if (range === undefined) return { start: 0, end: length, total: length };
  const match = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15})$/.exec(range);
  if (!match) throw new PathfoldError('bad_request', 'Content-Range: not of the form bytes FIRST-LAST/TOTAL');
  const [start, last, total] = match.slice(1).map(Number) as [number, number, number];
  if (last < start || last >= total || (length !== null && length !== last - start + 1))
    throw new PathfoldError('bad_request', 'Content-Range: its numbers do not fit each other or Content-Length');
  return { start, end: last + 1, total };
}
