const CACHE = 'pathfold-models';
const KEPT_MODELS = 3;
const addressOf = (sha256: string) => `/models/${sha256}`;

/** Models by content hash in the browser's cache. Insecure addresses have none: then nothing is found and nothing kept. */
const open = async (): Promise<Cache | null> => ('caches' in globalThis ? caches.open(CACHE).catch(() => null) : null);

/** Hashes of the models that are kept. */
export const cachedHashes = async (): Promise<string[]> =>
  ((await (await open())?.keys()) ?? []).map(({ url }) => url.slice(url.lastIndexOf('/') + 1));

export const cachedModel = async (sha256: string): Promise<Uint8Array<ArrayBuffer> | null> => {
  const found = await (await open())?.match(addressOf(sha256));
  return found ? new Uint8Array(await found.arrayBuffer()) : null;
};

/** Keeps a model and forgets the oldest beyond a few. A full disk is no failure: the model is fetched again next time. */
export const keepModel = async (sha256: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> => {
  const cache = await open();
  if (!cache) return;
  await cache.put(addressOf(sha256), new Response(bytes)).catch(() => {});
  const known = await cache.keys();
  for (const old of known.slice(0, -KEPT_MODELS)) await cache.delete(old);
};
