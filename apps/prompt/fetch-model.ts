import { sha256Of } from '@pathfold/blobs/memory';
import { errorOf, UnreachableError } from '@pathfold/client/http';
import { cachedModel, keepModel } from './model-cache.ts';
import type { LoadedModel, ModelOrder, Progress } from './worker-words.ts';

const request = async (url: string, method: 'GET' | 'HEAD'): Promise<Response> => {
  const response = await fetch(url, { method }).catch((cause: unknown) => {
    throw new UnreachableError(cause);
  });
  if (!response.ok) throw errorOf(response.status, await response.json().catch(() => null));
  return response;
};

const exportUrl = ({ runId }: ModelOrder, file: string) => `/api/v1/runs/${encodeURIComponent(runId)}/export/${file}`;
const hashOf = (response: Response) => response.headers.get('etag')?.replaceAll('"', '').replace(/^W\//, '') ?? '';
const roundOf = (response: Response) => Number(response.headers.get('x-pathfold-round') ?? 0);

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
  const url = exportUrl(order, `${order.path}.kv.onnx`);
  const head = await request(url, 'HEAD');
  const cached = await cachedModel(hashOf(head));
  if (cached)
    return {
      onnx: cached,
      model: { sha256: hashOf(head), round: roundOf(head), bytes: cached.length, fromCache: true },
    };
  const response = await request(url, 'GET');
  const onnx = await readAll(response, onProgress);
  const sha256 = hashOf(response);
  // Insecure addresses have no WebCrypto; they could not be trusted with a hash either.
  if (isSecureContext && (await sha256Of(onnx)) !== sha256) throw new Error('The model arrived damaged.');
  await keepModel(sha256, onnx);
  return { onnx, model: { sha256, round: roundOf(response), bytes: onnx.length, fromCache: false } };
};

export const fetchTokenizer = async (order: ModelOrder): Promise<string> =>
  (await request(exportUrl(order, 'tokenizer.json'), 'GET')).text();
