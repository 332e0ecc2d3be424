import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { PathfoldError } from '@pathfold/protocol/errors';

/** Uploads under way, one file a lease, so that a broken one can go on where it stopped (rule U4). */
export interface PartialUploads {
  /** Bytes that are here already. */
  offset(lease: string): Promise<number>;
  /**
   * Writes `chunks` from `start`, which must be the offset, and answers the new offset. What arrived stays when the
   * stream breaks. More than `maxBytes` in all: too_large, and nothing stays.
   */
  append(lease: string, start: number, chunks: AsyncIterable<Uint8Array>, maxBytes: number): Promise<number>;
  read(lease: string): AsyncIterable<Uint8Array>;
  remove(lease: string): Promise<void>;
  /** Removes the files of all leases but these. */
  keepOnly(leases: Iterable<string>): Promise<void>;
}

export async function openPartialUploads(folder: string): Promise<PartialUploads> {
  await mkdir(folder, { recursive: true });
  const nameOf = (lease: string) => createHash('sha256').update(lease).digest('hex').slice(0, 32);
  const pathOf = (lease: string) => join(folder, nameOf(lease));
  /** One writer a lease: a newer upload waits until the older has let go of the file. */
  const writers = new Map<string, Promise<unknown>>();

  const offset = async (lease: string) => {
    try {
      return (await stat(pathOf(lease))).size;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0;
      throw error;
    }
  };

  async function write(lease: string, start: number, chunks: AsyncIterable<Uint8Array>, maxBytes: number) {
    const here = await offset(lease);
    if (start > here || (start > 0 && start < here))
      throw new PathfoldError('range_not_satisfiable', `The upload goes on at byte ${here}.`);
    const file = await open(pathOf(lease), start === 0 ? 'w' : 'a');
    let size = start;
    try {
      for await (const chunk of chunks) {
        size += chunk.byteLength;
        if (size > maxBytes) throw new PathfoldError('too_large', `No more than ${maxBytes} bytes.`);
        await file.writeFile(chunk);
      }
    } catch (error) {
      if (error instanceof PathfoldError) await rm(pathOf(lease), { force: true });
      throw error;
    } finally {
      await file.close();
    }
    return size;
  }

  return {
    offset,
    async append(lease, start, chunks, maxBytes) {
      const before = writers.get(lease) ?? Promise.resolve();
      const mine = before.catch(() => {}).then(() => write(lease, start, chunks, maxBytes));
      writers.set(lease, mine);
      try {
        return await mine;
      } finally {
        if (writers.get(lease) === mine) writers.delete(lease);
      }
    },
    read: (lease) => createReadStream(pathOf(lease)),
    remove: (lease) => rm(pathOf(lease), { force: true }),
    async keepOnly(leases) {
      const names = new Set([...leases].map(nameOf));
      for (const name of await readdir(folder)) if (!names.has(name)) await rm(join(folder, name), { force: true });
    },
  };
}
