import { sha256Of } from '@pathfold/blobs/memory';
import { errorOf, UnreachableError } from '@pathfold/client/http';
import { cachedHashes, cachedModel, keepModel } from './model-cache.ts';
import type { LoadedModel, ModelOrder, Progress } from './worker-words.ts';

const NOT_MODIFIED = 304;

const request = async (url: string, headers: Record<string, string> = {}): Promise<Response> => {
  const response = await fetch(url, { headers, cache: 'no-store' }).catch((cause: unknown) => {
    throw new UnreachableError(cause);
  });
  if (!response.ok && response.status !== NOT_MODIFIED)
    throw errorOf(response.status, await response.json().catch(() => null));
  return response;
};

const exportUrl = ({ runId }: ModelOrder, file: string) => `/api/v1/runs/${encodeURIComponent(runId)}/export/${file}`;
const hashOf = (response: Response) => response.headers.get('etag')?.replaceAll('"', '').replace(/^W\//, '') ?? '';

const readAll = async (
  response: Response,
  onProgress: (progress: Progress) => void,
): Promise<Uint8Array<ArrayBuffer>> => {
  const totalBytes = Number(response.headers.get('content-length') ?? 0);
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let receivedBytes = 0;
  for await (const chunk of response.body!) {
    chunks.push(chunk);
    receivedBytes += chunk.length;
    onProgress({ receivedBytes, totalBytes });
  }
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
};

/** The graph of a path with its cache, from this browser's cache where it has this very version. */
export const fetchModel = async (
  order: ModelOrder,
  onProgress: (progress: Progress) => void,
): Promise<{ onnx: Uint8Array<ArrayBuffer>; model: LoadedModel }> => {
  const known = await cachedHashes();
  const response = await request(
    exportUrl(order, `${order.path}.kv.onnx`),
    known.length > 0 ? { 'if-none-match': known.map((sha256) => `"${sha256}"`).join(', ') } : {},
  );
  const sha256 = hashOf(response);
  const round = Number(response.headers.get('x-pathfold-round') ?? 0);
  if (response.status === NOT_MODIFIED) {
    const cached = await cachedModel(sha256);
    if (!cached) throw new Error('The browser has just dropped the model from its cache.');
    return { onnx: cached, model: { sha256, round, bytes: cached.length, fromCache: true } };
  }
  const onnx = await readAll(response, onProgress);
  // Insecure addresses have no WebCrypto; they could not be trusted with a hash either.
  if (isSecureContext && (await sha256Of(onnx)) !== sha256) throw new Error('The model arrived damaged.');
  await keepModel(sha256, onnx);
  return { onnx, model: { sha256, round, bytes: onnx.length, fromCache: false } };
};

export const fetchTokenizer = async (order: ModelOrder): Promise<string> =>
  (await request(exportUrl(order, 'tokenizer.json'))).text();
