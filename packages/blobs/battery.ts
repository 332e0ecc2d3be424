import type { BlobRef } from '@pathfold/protocol/blob';
import { PathfoldError } from '@pathfold/protocol/errors';
import type { BlobStore } from './blob-store.ts';

/** The duties of every blob store. Runs in Node and in a page: each case gets an empty store and throws when it fails. */
export interface BatteryCase {
  readonly name: string;
  run(store: BlobStore): Promise<void>;
}

const ABC = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
const EMPTY = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
const utf8 = (text: string) => new TextEncoder().encode(text);

const equal = (actual: unknown, expected: unknown, what: string) => {
  const [a, b] = [actual, expected].map((value) => JSON.stringify(value instanceof Uint8Array ? [...value] : value));
  if (a !== b) throw new Error(`${what}: ${a?.slice(0, 200)} is not ${b?.slice(0, 200)}`);
};

async function* chunksOf(...chunks: (Uint8Array | Error)[]) {
  for (const chunk of chunks) {
    if (chunk instanceof Error) throw chunk;
    yield chunk;
  }
}

const refusal = async (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => null,
    (error: unknown) => error,
  );

const listed = async (store: BlobStore): Promise<BlobRef[]> => {
  const refs: BlobRef[] = [];
  for await (const ref of store.list()) refs.push(ref);
  return refs.sort((a, b) => (a.sha256 < b.sha256 ? -1 : 1));
};

/** 300 kB that repeat with a period of 251 bytes. */
const large = Uint8Array.from({ length: 300_000 }, (_, i) => i % 251);

export const blobStoreBattery: readonly BatteryCase[] = [
  {
    name: 'stores bytes under their sha256 and gives them back',
    async run(store) {
      equal(await store.put(utf8('abc')), { sha256: ABC, bytes: 3 }, 'ref');
      equal(await store.get(ABC), utf8('abc'), 'bytes');
      equal(await store.size(ABC), 3, 'size');
    },
  },
  {
    name: 'stores the empty blob',
    async run(store) {
      equal(await store.put(new Uint8Array(0)), { sha256: EMPTY, bytes: 0 }, 'ref');
      equal(await store.get(EMPTY), new Uint8Array(0), 'bytes');
      equal(await store.size(EMPTY), 0, 'size');
    },
  },
  {
    name: 'answers null for what it does not have',
    async run(store) {
      equal(await store.get(ABC), null, 'get');
      equal(await store.get(ABC, { start: 0, end: 1 }), null, 'range');
      equal(await store.size(ABC), null, 'size');
      await store.delete(ABC);
    },
  },
  {
    name: 'stores a blob once, however often and however many at a time it is put',
    async run(store) {
      await Promise.all(Array.from({ length: 8 }, () => store.put(utf8('abc'))));
      await store.putStream(chunksOf(utf8('a'), utf8('bc')), 3);
      equal(await listed(store), [{ sha256: ABC, bytes: 3 }], 'list');
      equal(await store.get(ABC), utf8('abc'), 'bytes');
    },
  },
  {
    name: 'keeps its own copy of what it is given, and gives away copies',
    async run(store) {
      const given = utf8('abc');
      await store.put(given);
      given[0] = 0;
      const taken = await store.get(ABC);
      if (taken) taken[1] = 0;
      equal(await store.get(ABC), utf8('abc'), 'bytes');
    },
  },
  {
    name: 'reads ranges, cut at the end of the blob',
    async run(store) {
      const { sha256 } = await store.put(large);
      equal(await store.get(sha256, { start: 70_000, end: 70_005 }), large.slice(70_000, 70_005), 'middle');
      equal(await store.get(sha256, { start: 299_999, end: 400_000 }), large.slice(299_999), 'end');
      equal(await store.get(sha256, { start: 300_000, end: 300_010 }), new Uint8Array(0), 'after the end');
      equal(await store.get(sha256, { start: 5, end: 5 }), new Uint8Array(0), 'empty');
    },
  },
  {
    name: 'stores a stream of chunks of any size',
    async run(store) {
      const chunks = [large.subarray(0, 1), large.subarray(1, 1), large.subarray(1, 200_000), large.subarray(200_000)];
      const ref = await store.putStream(chunksOf(...chunks), large.length);
      equal(ref, await store.put(large), 'ref');
      equal(await store.get(ref.sha256), large, 'bytes');
      const single = Array.from({ length: 3000 }, (_, i) => large.subarray(i, i + 1));
      equal(await store.putStream(chunksOf(...single), 3000), await store.put(large.subarray(0, 3000)), 'single bytes');
    },
  },
  {
    name: 'stops a stream at its bound and leaves nothing behind',
    async run(store) {
      const tooLong = await refusal(store.putStream(chunksOf(large, utf8('!')), large.length));
      equal(tooLong instanceof PathfoldError && tooLong.code, 'too_large', 'error');
      equal(await listed(store), [], 'list');
    },
  },
  {
    name: 'leaves nothing behind when a stream breaks',
    async run(store) {
      const broken = new Error('the connection is gone');
      equal((await refusal(store.putStream(chunksOf(large, broken), 1e9))) === broken, true, 'error');
      equal(await listed(store), [], 'list');
    },
  },
  {
    name: 'lists and deletes',
    async run(store) {
      await Promise.all([store.put(utf8('abc')), store.put(new Uint8Array(0))]);
      const refs = [
        { sha256: ABC, bytes: 3 },
        { sha256: EMPTY, bytes: 0 },
      ];
      equal(await listed(store), refs, 'list');
      await store.delete(ABC);
      equal(await listed(store), refs.slice(1), 'list');
      equal(await store.get(ABC), null, 'deleted');
    },
  },
];
