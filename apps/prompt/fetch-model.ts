import { sha256Of } from '@pathfold/blobs/memory';
import { errorOf, UnreachableError } from '@pathfold/client/http';
import { type Router, readRouter } from '@pathfold/routing/assign/router';
import { type ModelCache, modelCache } from './model-cache.ts';
import type { LoadedModel, Progress } from './worker-words.ts';

const NOT_MODIFIED = 304;

/** A visitor's prompts seldom cross more paths than this; a base is fetched once for all of them. */
const PATHS = modelCache('pathfold-models', 8);
const BASES = modelCache('pathfold-bases', 2);

const request = async (url: string, headers: Record<string, string> = {}): Promise<Response> => {
  const response = await fetch(url, { headers, cache: 'no-store' }).catch((cause: unknown) => {
    throw new UnreachableError(cause);
  });
  if (!response.ok && response.status !== NOT_MODIFIED)
    throw errorOf(response.status, await response.json().catch(() => null));
  return response;
};

const exportUrl = (runId: string, file: string) => `/api/v1/runs/${encodeURIComponent(runId)}/export/${file}`;
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

interface Fetched {
  readonly onnx: Uint8Array<ArrayBuffer>;
  readonly model: LoadedModel;
}

/** A graph, from this browser's cache where it has this very version. */
const fetchGraph = async (
  url: string,
  cache: ModelCache,
  onProgress: (progress: Progress) => void,
): Promise<Fetched> => {
  const known = await cache.hashes();
  const response = await request(
    url,
    known.length > 0 ? { 'if-none-match': known.map((sha256) => `"${sha256}"`).join(', ') } : {},
  );
  const sha256 = hashOf(response);
  const round = Number(response.headers.get('x-pathfold-round') ?? 0);
  if (response.status === NOT_MODIFIED) {
    const cached = await cache.get(sha256);
    if (!cached) throw new Error('The browser has just dropped the model from its cache.');
    return { onnx: cached, model: { sha256, round, bytes: cached.length, fromCache: true } };
  }
  const onnx = await readAll(response, onProgress);
  // Insecure addresses have no WebCrypto; they could not be trusted with a hash either.
  if (isSecureContext && (await sha256Of(onnx)) !== sha256) throw new Error('The model arrived damaged.');
  await cache.keep(sha256, onnx);
  return { onnx, model: { sha256, round, bytes: onnx.length, fromCache: false } };
};

/** The graph of a path with its cache, at its newest version: the modules of that path and no others. */
export const fetchPath = (runId: string, path: string, onProgress: (progress: Progress) => void): Promise<Fetched> =>
  fetchGraph(exportUrl(runId, `${path}.kv.onnx`), PATHS, onProgress);

/** The graph of the base's features. */
export const fetchFeatures = (runId: string, onProgress: (progress: Progress) => void): Promise<Fetched> =>
  fetchGraph(exportUrl(runId, 'base-features.onnx'), BASES, onProgress);

export const fetchTokenizer = async (runId: string): Promise<string> =>
  (await request(exportUrl(runId, 'tokenizer.json'))).text();

/** The newest router of a run with several paths. */
export const fetchRouter = async (runId: string): Promise<{ router: Router; bytes: number }> => {
  const text = await (await request(exportUrl(runId, 'router.json'))).text();
  return { router: readRouter(JSON.parse(text)), bytes: text.length };
};
