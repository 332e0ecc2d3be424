import { createHash } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { type DiskBlobs, openDiskBlobs } from '@pathfold/blobs/disk';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openPartialUploads, type PartialUploads } from './partial.ts';

const bytes = Buffer.from(Array.from({ length: 3000 }, (_, i) => i % 251));
const sha256 = createHash('sha256').update(bytes).digest('hex');
const upload = (start: number, end: number | null = null, isWanted = () => true) => {
  return { span: { start, end, total: end === null ? null : bytes.length }, maxBytes: bytes.length, sha256, isWanted };
};
async function* chunksIn(chunks: readonly (Uint8Array | Error)[]) {
  for (const chunk of chunks) {
    if (chunk instanceof Error) throw chunk;
    yield chunk;
  }
}
const chunksOf = (...chunks: (Uint8Array | Error)[]) => Readable.from(chunksIn(chunks));
/** A stream that stops after some bytes, which have been read when this answers. */
const stalledAt = async (end: number, lease = 'l') => {
  const chunks = new Readable({ read() {} });
  chunks.push(bytes.subarray(0, end));
  const answer = partial.append(lease, chunks, upload(0, 3000));
  const refused = expect(answer).rejects.toMatchObject({ code: 'upload_truncated' });
  while (chunks.readableLength > 0) await new Promise(setImmediate);
  return { refused };
};

let folder: string;
let blobs: DiskBlobs;
let partial: PartialUploads;
const reopen = async () => {
  partial = await openPartialUploads(join(folder, 'uploads'), blobs);
};
const files = () => readdir(join(folder, 'uploads'));
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pathfold-uploads-'));
  blobs = await openDiskBlobs(folder);
  await reopen();
});
afterEach(() => rm(folder, { recursive: true }));

describe('uploads under way', () => {
  test('a whole one becomes a blob', async () => {
    const answer = await partial.append('l', chunksOf(bytes.subarray(0, 1000), bytes.subarray(1000)), upload(0, 3000));
    expect(answer).toEqual({ sha256, bytes: 3000 });
    expect(Buffer.from((await blobs.get(sha256))!)).toEqual(bytes);
    expect(await files()).toEqual([]);
  });

  test('a broken one goes on where it stopped, also after a restart', async () => {
    const broken = chunksOf(bytes.subarray(0, 700), new Error('reset'));
    await expect(partial.append('l', broken, upload(0, 3000))).rejects.toMatchObject({ code: 'upload_truncated' });
    expect(await partial.offset('l')).toBe(700);
    expect(await partial.append('l', chunksOf(bytes.subarray(700, 1500)), upload(700, 1500))).toEqual({ offset: 1500 });
    await reopen();
    expect(await partial.append('l', chunksOf(bytes.subarray(1500)), upload(1500, 3000))).toMatchObject({ sha256 });
    expect(Buffer.from((await blobs.get(sha256))!)).toEqual(bytes);
  });

  test('one that starts elsewhere than at the offset is told where to go on', async () => {
    await partial.append('l', chunksOf(bytes.subarray(0, 700)), upload(0, 700));
    for (const start of [600, 800])
      await expect(partial.append('l', chunksOf(bytes.subarray(start)), upload(start, 3000))).rejects.toMatchObject({
        code: 'range_not_satisfiable',
        detail: expect.stringContaining('700'),
      });
  });

  test('other bytes than announced, and too many, leave nothing', async () => {
    const wrong = Buffer.alloc(3000);
    await expect(partial.append('l', chunksOf(wrong), upload(0))).rejects.toMatchObject({ code: 'digest_mismatch' });
    const many = chunksOf(bytes, Buffer.from('!'));
    await expect(partial.append('l', many, upload(0))).rejects.toMatchObject({ code: 'too_large' });
    expect(await files()).toEqual([]);
    expect(await blobs.size(sha256)).toBeNull();
  });

  test('a newer one breaks an older off that stalls, and goes on where it stopped', async () => {
    const older = await stalledAt(700);
    expect(await partial.offset('l')).toBe(700);
    await older.refused;
    expect(await partial.append('l', chunksOf(bytes.subarray(700)), upload(700, 3000))).toMatchObject({ sha256 });
    expect(Buffer.from((await blobs.get(sha256))!)).toEqual(bytes);
  });

  test('of many at once of one lease the newest is taken, and no other spoils it', async () => {
    const older = await stalledAt(700);
    const waiting = [1, 2].map(() => partial.append('l', chunksOf(Buffer.alloc(3000)), upload(0, 3000)));
    const newest = partial.append('l', chunksOf(bytes.subarray(700)), upload(700, 3000));
    await older.refused;
    for (const { reason } of (await Promise.allSettled(waiting)) as PromiseRejectedResult[])
      expect(reason).toMatchObject({ code: 'upload_truncated' });
    expect(await newest).toMatchObject({ sha256 });
    expect(Buffer.from((await blobs.get(sha256))!)).toEqual(bytes);
  });

  test('one that is not wanted any more when its turn comes, and one that is removed, leave nothing', async () => {
    const older = await stalledAt(700);
    const late = partial.append(
      'l',
      chunksOf(bytes),
      upload(0, 3000, () => false),
    );
    await expect(late).rejects.toMatchObject({ code: 'upload_truncated' });
    await older.refused;
    const removed = await stalledAt(700);
    await partial.remove('l');
    await removed.refused;
    expect(await files()).toEqual([]);
    expect(await blobs.size(sha256)).toBeNull();
  });
});
