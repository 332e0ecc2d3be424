import { sha256Of } from '@pathfold/blobs/memory';
import type { Gathered } from '@pathfold/swarm/gathered';
import { expect, test } from 'vitest';
import type { Cache } from './cache.ts';
import { type BlobSource, createFetching } from './fetching.ts';

const bytes = new Uint8Array(16).fill(7);
const emptyCache = { get: async () => null, put: async () => {} } as unknown as Cache;

test('who joined a download goes on with it when the one that began it gives up', async () => {
  const ref = { sha256: await sha256Of(bytes), bytes: bytes.byteLength };
  const waiting: ((gathered: Gathered | null) => void)[] = [];
  const source: BlobSource = { fetch: () => new Promise((resolve) => void waiting.push(resolve)) };
  const fetchBlob = createFetching(emptyCache, [source], () => {});
  const control = new AbortController();
  const begun = fetchBlob(ref, control.signal);
  const joined = [1, 2].map(() => fetchBlob(ref, new AbortController().signal));
  await expect.poll(() => waiting.length).toBe(1);
  control.abort();
  await expect(begun).rejects.toMatchObject({ code: 'blob_unavailable' });
  await expect.poll(() => waiting.length).toBe(2);
  waiting[1]!({ bytes, holes: [] });
  expect(await Promise.all(joined)).toEqual([bytes, bytes]);
  expect(waiting).toHaveLength(2);
});

/** A source that answers what it is told to, and notes what was begun before it. */
function scripted(...answers: (Gathered | null)[]) {
  const begun: (Gathered | null)[] = [];
  const source: BlobSource = {
    fetch: async (_ref, _signal, before) => {
      begun.push(before);
      return answers.shift() ?? null;
    },
  };
  return { source, begun };
}
const refOf = async () => ({ sha256: await sha256Of(bytes), bytes: bytes.byteLength });
const signal = new AbortController().signal;

test('what one source began the next goes on with, and the next fetch when all failed', async () => {
  const ref = await refOf();
  const half: Gathered = { bytes: bytes.slice(), holes: [{ start: 0, end: 8 }] };
  const less: Gathered = { bytes: bytes.slice(), holes: [{ start: 0, end: 4 }] };
  const [first, second] = [scripted(half, null), scripted(less, { bytes, holes: [] })];
  const fetchBlob = createFetching(emptyCache, [first.source, second.source], () => {});
  await expect(fetchBlob(ref, signal)).rejects.toMatchObject({ code: 'blob_unavailable' });
  expect(second.begun).toEqual([half]);
  expect(await fetchBlob(ref, signal)).toEqual(bytes);
  expect(first.begun).toEqual([null, less]);
  expect(second.begun).toEqual([half, less]);
});

test('parts of several sources that make a wrong whole are thrown away, and the last source begins anew', async () => {
  const ref = await refOf();
  const wrong = bytes.map((byte) => byte ^ 1);
  const first = scripted({ bytes: wrong, holes: [{ start: 0, end: 8 }] });
  const last = scripted({ bytes: wrong, holes: [] }, { bytes, holes: [] });
  const fetchBlob = createFetching(emptyCache, [first.source, last.source], () => {});
  expect(await fetchBlob(ref, signal)).toEqual(bytes);
  expect(last.begun[1]).toBeNull();
});
