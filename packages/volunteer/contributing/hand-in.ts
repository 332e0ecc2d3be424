import type { Upload } from '@pathfold/coordination/volunteer/state';
import { base64, base64url } from '../connection/identity.ts';

export type HandedIn = { readonly ok: true } | { readonly ok: false; readonly code: string; readonly detail: string };

/** Codes after which the same bytes are sent again, from where the coordinator then says. */
const AGAIN = new Set(['upload_truncated', 'range_not_satisfiable', 'not_ready', 'internal', 'rate_limited']);

/**
 * Uploads a contribution; with `resume`, from the byte that the coordinator asks for. Answers whether it was taken or
 * refused for good. Throws when the network or the coordinator failed: then it is tried again later.
 */
export async function handIn(
  fetchUrl: typeof fetch,
  base: URL,
  upload: Upload,
  payload: Uint8Array,
  resume: boolean,
  signal: AbortSignal,
): Promise<HandedIn> {
  const url = new URL(`api/v1/leases/${encodeURIComponent(upload.lease)}/contribution`, base);
  const authorization = `Bearer ${upload.token}`;
  const start = resume ? await offsetOf(fetchUrl, url, authorization, payload.byteLength, signal) : 0;
  const headers = new Headers({
    authorization,
    'content-type': 'application/octet-stream',
    'content-digest': `sha-256=:${base64(fromHex(upload.sha256))}:`,
    'pathfold-report': base64url(new TextEncoder().encode(JSON.stringify(upload.report))),
  });
  const total = payload.byteLength;
  if (start > 0) headers.set('content-range', `bytes ${start}-${total - 1}/${total}`);
  const body = payload.subarray(start) as Uint8Array<ArrayBuffer>;
  const response = await fetchUrl(url, { method: 'PUT', headers, body, signal });
  // 202: the bytes are there, but not all of them.
  if (response.status === 202) throw new Error('The coordinator has only a part of the upload.');
  if (response.ok) return { ok: true };
  const problem = (await response.json().catch(() => ({}))) as { code?: unknown; detail?: unknown };
  const code = typeof problem.code === 'string' ? problem.code : '';
  const detail = typeof problem.detail === 'string' ? problem.detail : `The coordinator answered ${response.status}.`;
  // A resumed upload may have joined onto bytes that a crash damaged: the whole is sent again.
  const again = AGAIN.has(code) || (code === 'digest_mismatch' && start > 0) || code === '';
  if (again || response.status >= 500) throw new Error(detail);
  return { ok: false, code, detail };
}

/** How many bytes the coordinator has; the last byte is always sent, so that it answers what became of them. */
async function offsetOf(fetchUrl: typeof fetch, url: URL, authorization: string, total: number, signal: AbortSignal) {
  const response = await fetchUrl(url, { method: 'HEAD', headers: { authorization }, signal });
  const offset = Number(response.headers.get('upload-offset') ?? 0);
  return response.ok && Number.isInteger(offset) && offset > 0 && offset < total ? offset : 0;
}

const fromHex = (hex: string) => Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
