import { sha256Of } from '@pathfold/blobs/memory';
import { errorOf, UnreachableError } from '@pathfold/client/http';
import { pathOnnx } from '@pathfold/inference/onnx/path-graph';
import { pathWeights } from '@pathfold/inference/path-weights';
import { type RunRouter, readRunRouter } from '@pathfold/inference/route';
import { ModuleRef } from '@pathfold/protocol/blob';
import { readChunks } from '@pathfold/protocol/read-chunks';
import { type ModelCache, modelCache } from './model-cache.ts';
import type { LoadedModel, Progress, RunOrder } from './worker-words.ts';

const NOT_MODIFIED = 304;

/** As many modules as a visitor's prompts seldom cross; a base is fetched once for all of them. */
const MODULES = modelCache('pathfold-modules', 96);
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

const readAll = async (response: Response, onChunk: (bytes: number) => void): Promise<Uint8Array<ArrayBuffer>> => {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  for await (const chunk of readChunks(response.body!)) {
    chunks.push(chunk);
    onChunk(chunk.length);
  }
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
};

/** Keeps what arrived whole. Insecure addresses have no WebCrypto; they could not be trusted with a hash either. */
const keep = async (cache: ModelCache, sha256: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> => {
  if (isSecureContext && (await sha256Of(bytes)) !== sha256) throw new Error('The model arrived damaged.');
  await cache.keep(sha256, bytes);
};

const fetchModuleRefs = async (runId: string, path: string): Promise<ModuleRef[]> => {
  const refs: unknown[] = await (await request(exportUrl(runId, `${path}.modules.json`))).json();
  return refs.map((ref) => ModuleRef.parse(ref));
};

/**
 * A path at its newest version: the modules that it crosses and no others, and of those only what this browser does not
 * have. Answers its graph with a cache for keys and values.
 */
export const fetchPath = async (
  { runId, model, levels, embedding }: RunOrder,
  path: string,
  onProgress: (progress: Progress) => void,
): Promise<{ readonly key: string; readonly model: LoadedModel; onnx(): Uint8Array<ArrayBuffer> }> => {
  const crossed = await fetchModuleRefs(runId, path);
  const known = new Set(await MODULES.hashes());
  const missing = crossed.filter(({ sha256 }) => !known.has(sha256));
  const totalBytes = missing.reduce((sum, { bytes }) => sum + bytes, 0);
  let receivedBytes = 0;
  const bytesOf = async (sha256: string): Promise<Uint8Array<ArrayBuffer>> => {
    const kept = await MODULES.get(sha256);
    if (kept) return kept;
    const fresh = await readAll(await request(`/api/v1/blobs/${sha256}`), (bytes) => {
      receivedBytes += bytes;
      onProgress({ receivedBytes, totalBytes });
    });
    await keep(MODULES, sha256, fresh);
    return fresh;
  };
  const values = new Map<string, Float32Array>();
  for (const { name, sha256 } of crossed) values.set(name, new Float32Array((await bytesOf(sha256)).buffer));
  return {
    key: crossed.map(({ sha256 }) => sha256).join(),
    model: {
      round: Math.min(...crossed.map(({ version }) => version)),
      bytes: crossed.reduce((sum, { bytes }) => sum + bytes, 0),
      fetchedBytes: receivedBytes,
    },
    onnx: () => pathOnnx(pathWeights(model, levels, path, values, embedding), { cached: true }),
  };
};

/** The graph of the base's features, from this browser's cache where it has this very version. */
export const fetchFeatures = async (
  runId: string,
  onProgress: (progress: Progress) => void,
): Promise<{ readonly onnx: Uint8Array<ArrayBuffer>; readonly model: LoadedModel }> => {
  const known = (await BASES.hashes()).map((sha256) => `"${sha256}"`).join(', ');
  const response = await request(exportUrl(runId, 'base-features.onnx'), known ? { 'if-none-match': known } : {});
  const sha256 = hashOf(response);
  if (response.status === NOT_MODIFIED) {
    const cached = await BASES.get(sha256);
    if (!cached) throw new Error('The browser has just dropped the model from its cache.');
    return { onnx: cached, model: { round: 0, bytes: cached.length, fetchedBytes: 0 } };
  }
  const totalBytes = Number(response.headers.get('content-length') ?? 0);
  let receivedBytes = 0;
  const onnx = await readAll(response, (bytes) => {
    receivedBytes += bytes;
    onProgress({ receivedBytes, totalBytes });
  });
  await keep(BASES, sha256, onnx);
  return { onnx, model: { round: 0, bytes: onnx.length, fetchedBytes: receivedBytes } };
};

export const fetchTokenizer = async (runId: string): Promise<string> =>
  (await request(exportUrl(runId, 'tokenizer.json'))).text();

interface KnownRouter {
  readonly etag: string;
  readonly router: RunRouter;
  readonly bytes: number;
}
const routers = new Map<string, KnownRouter>();

/** The newest router of a run: asked for before each prompt, fetched when it has changed. */
export const fetchRouter = async (runId: string): Promise<KnownRouter> => {
  const known = routers.get(runId);
  const response = await request(exportUrl(runId, 'router.json'), known ? { 'if-none-match': known.etag } : {});
  if (known && response.status === NOT_MODIFIED) return known;
  const text = await response.text();
  const etag = response.headers.get('etag') ?? '';
  const fresh = { etag, router: readRunRouter(JSON.parse(text)), bytes: text.length };
  routers.set(runId, fresh);
  return fresh;
};
