const addressOf = (sha256: string) => `/models/${sha256}`;

export type ModelCache = ReturnType<typeof modelCache>;

/**
 * Models by content hash in the browser's cache, the newest `kept` of them. Insecure addresses have none: then nothing is
 * found and nothing kept.
 */
export function modelCache(name: string, kept: number) {
  const open = async (): Promise<Cache | null> => ('caches' in globalThis ? caches.open(name).catch(() => null) : null);
  return {
    /** Hashes of the models that are kept. */
    hashes: async (): Promise<string[]> =>
      ((await (await open())?.keys()) ?? []).map(({ url }) => url.slice(url.lastIndexOf('/') + 1)),
    async get(sha256: string): Promise<Uint8Array<ArrayBuffer> | null> {
      const found = await (await open())?.match(addressOf(sha256));
      return found ? new Uint8Array(await found.arrayBuffer()) : null;
    },
    /** Forgets the oldest beyond a few. A full disk is no failure: the model is fetched again next time. */
    async keep(sha256: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
      const cache = await open();
      if (!cache) return;
      await cache.put(addressOf(sha256), new Response(bytes)).catch(() => {});
      const known = await cache.keys();
      for (const old of known.slice(0, -kept)) await cache.delete(old);
    },
  };
}
