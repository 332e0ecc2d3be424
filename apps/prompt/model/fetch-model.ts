import { sha256Of } from '@pathfold/blobs/memory';
import { floatsOf } from '@pathfold/checkpoint/layout';
import { hasPath } from '@pathfold/checkpoint/levels';
import { pathShape, weightsOf } from '@pathfold/checkpoint/path';
import { pathOnnx } from '@pathfold/inference/onnx/path-graph';
import { type RunRouter, readRunRouter } from '@pathfold/inference/route';
import { ModuleRef } from '@pathfold/protocol/blob';
import { readChunks } from '@pathfold/protocol/read-chunks';
import { type LevelSpec, levelsOf, RunSpec } from '@pathfold/protocol/run-spec';
import type { LoadedFile, LoadedModel, Progress, RunOrder } from '../worker-messages.ts';
import { etagOf, exportUrl, modulesUrl, NOT_MODIFIED, request, runUrl } from './exports.ts';
import { type ModelCache, modelCache } from './model-cache.ts';

/** As many modules as a visitor's prompts seldom cross; a base is fetched once for all of them. */
const MODULES = modelCache('pathfold-modules', 96);
const BASES = modelCache('pathfold-bases', 2);
const ROUTERS = modelCache('pathfold-routers', 4);

const readAll = async (response: Response, onChunk: (bytes: number) => void): Promise<Uint8Array<ArrayBuffer>> => {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  for await (const chunk of readChunks(response.body!)) {
    chunks.push(chunk);
    onChunk(chunk.length);
  }
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
};

/** From wherever the coordinator sends everybody; where nothing comes from there, from itself (rule B1a). */
const requestBlob = (sha256: string, signal: AbortSignal | null): Promise<Response> =>
  request(`/api/v1/blobs/${sha256}`, { signal }).catch(() => request(`/api/v1/blobs/${sha256}?direct`, { signal }));

/** Keeps what arrived whole. Insecure addresses have no WebCrypto; they could not be trusted with a hash either. */
const keep = async (cache: ModelCache, sha256: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> => {
  if (isSecureContext && (await sha256Of(bytes)) !== sha256) throw new Error('The model arrived damaged.');
  await cache.keep(sha256, bytes);
};

/** The levels that a path crosses: of the order, or of the run as it is now, which may have grown since. */
const levelsWith = async (
  { runId, levels }: RunOrder,
  path: string,
  signal: AbortSignal | null,
): Promise<readonly LevelSpec[]> => {
  if (hasPath(levels, path)) return levels;
  const run = (await (await request(runUrl(runId), { signal })).json()) as { spec: unknown };
  return levelsOf(RunSpec.parse(run.spec));
};

/**
 * A path as it is served now: the modules that it crosses and no others, and of those only what this browser does not
 * have. Answers its graph with a cache for keys and values.
 */
export const fetchPath = async (
  order: RunOrder,
  path: string,
  onProgress: (progress: Progress) => void,
  signal: AbortSignal | null = null,
): Promise<{ readonly key: string; readonly model: LoadedModel; onnx(): Promise<Uint8Array<ArrayBuffer>> }> => {
  const { runId, model, embedding } = order;
  const served = await request(modulesUrl(runId, path), { signal });
  const crossed = ((await served.json()) as unknown[]).map((ref) => ModuleRef.parse(ref));
  const known = new Set(await MODULES.hashes());
  const missing = crossed.filter(({ sha256 }) => !known.has(sha256));
  const totalBytes = missing.reduce((sum, { bytes }) => sum + bytes, 0);
  let receivedBytes = 0;
  const bytesOf = async (sha256: string): Promise<Uint8Array<ArrayBuffer>> => {
    const kept = await MODULES.get(sha256);
    if (kept) return kept;
    const fresh = await readAll(await requestBlob(sha256, signal), (bytes) => {
      receivedBytes += bytes;
      onProgress({ receivedBytes, totalBytes });
    });
    await keep(MODULES, sha256, fresh);
    return fresh;
  };
  const values = new Map<string, Float32Array>();
  for (const { name, sha256 } of crossed) values.set(name, floatsOf(await bytesOf(sha256)));
  return {
    key: crossed.map(({ sha256 }) => sha256).join(),
    model: {
      version: etagOf(served),
      round: Math.min(...crossed.map(({ version }) => version)),
      bytes: crossed.reduce((sum, { bytes }) => sum + bytes, 0),
      fetchedBytes: receivedBytes,
    },
    async onnx() {
      const shape = pathShape(model, await levelsWith(order, path, signal), path, embedding);
      const weights = weightsOf(
        shape,
        shape.modules.map(({ name }) => values.get(name)),
      );
      return pathOnnx(weights, { cached: true });
    },
  };
};

interface KeptFile {
  readonly sha256: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly fetchedBytes: number;
}

/** A file of a run as it is served now: `known`, or from this browser's cache, where that is this very version. */
const fetchKept = async (
  cache: ModelCache,
  url: string,
  onProgress: (progress: Progress) => void,
  known: KeptFile | null,
  signal: AbortSignal | null,
): Promise<KeptFile> => {
  const tags = (known ? [known.sha256] : await cache.hashes()).map((sha256) => `"${sha256}"`).join(', ');
  const response = await request(url, { headers: tags ? { 'if-none-match': tags } : {}, signal });
  const sha256 = etagOf(response);
  if (response.status === NOT_MODIFIED) {
    const bytes = known?.bytes ?? (await cache.get(sha256));
    if (!bytes) throw new Error('The browser has just dropped the model from its cache.');
    return { sha256, bytes, fetchedBytes: 0 };
  }
  const totalBytes = Number(response.headers.get('content-length') ?? 0);
  let receivedBytes = 0;
  const bytes = await readAll(response, (count) => {
    receivedBytes += count;
    onProgress({ receivedBytes, totalBytes });
  });
  await keep(cache, sha256, bytes);
  return { sha256, bytes, fetchedBytes: receivedBytes };
};

const loadedOf = ({ bytes, fetchedBytes }: KeptFile): LoadedFile => ({ bytes: bytes.length, fetchedBytes });

/** The graph of the base's features, from this browser's cache where it has this very version. */
export const fetchFeatures = async (
  runId: string,
  onProgress: (progress: Progress) => void,
): Promise<{ readonly onnx: Uint8Array<ArrayBuffer>; readonly file: LoadedFile }> => {
  const kept = await fetchKept(BASES, exportUrl(runId, 'base-features.onnx'), onProgress, null, null);
  return { onnx: kept.bytes, file: loadedOf(kept) };
};

export const fetchTokenizer = async (runId: string): Promise<string> =>
  (await request(exportUrl(runId, 'tokenizer.json'))).text();

const routers = new Map<string, { readonly kept: KeptFile; readonly router: RunRouter }>();

/** The newest router of a run: asked for before each prompt, fetched when it has changed. */
export const fetchRouter = async (
  runId: string,
  signal: AbortSignal | null = null,
): Promise<{ readonly router: RunRouter; readonly file: LoadedFile }> => {
  const known = routers.get(runId);
  const kept = await fetchKept(ROUTERS, exportUrl(runId, 'router.json'), () => {}, known?.kept ?? null, signal);
  const router =
    known?.kept.sha256 === kept.sha256 ? known.router : readRunRouter(JSON.parse(new TextDecoder().decode(kept.bytes)));
  routers.set(runId, { kept, router });
  return { router, file: loadedOf(kept) };
};
