import { sha256Of } from '@pathfold/blobs/memory';
import { expect, test } from 'vitest';
import type { Cache } from './cache.ts';
import { type BlobSource, createFetching } from './fetching.ts';

const bytes = new Uint8Array(16).fill(7);
const emptyCache = { get: async () => null, put: async () => {} } as unknown as Cache;

test('who joined a download goes on with it when the one that began it gives up', async () => {
  const ref = { sha256: await sha256Of(bytes), bytes: bytes.byteLength };
  const waiting: ((bytes: Uint8Array | null) => void)[] = [];
  const source: BlobSource = { fetch: () => new Promise((resolve) => void waiting.push(resolve)) };
  const fetchBlob = createFetching(emptyCache, [source], () => {});
  const control = new AbortController();
  const begun = fetchBlob(ref, control.signal);
  const joined = [1, 2].map(() => fetchBlob(ref, new AbortController().signal));
  await expect.poll(() => waiting.length).toBe(1);
  control.abort();
  await expect(begun).rejects.toMatchObject({ code: 'blob_unavailable' });
  await expect.poll(() => waiting.length).toBe(2);
  waiting[1]!(bytes);
  expect(await Promise.all(joined)).toEqual([bytes, bytes]);
  expect(waiting).toHaveLength(2);
});
