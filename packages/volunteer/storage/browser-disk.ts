import type { BlobStore } from '@pathfold/blobs/blob-store';
import { memoryBlobs } from '@pathfold/blobs/memory';
import { opfsBlobs } from '@pathfold/blobs/opfs';
import { memoryNotes, type Notes } from './notes.ts';
import { opfsNotes } from './notes-opfs.ts';

const DISK_BYTES = 500e6;
const MEMORY_BYTES = 64e6;

/** Where a volunteer keeps things, and how many bytes of blobs, and of optimizer state, at most. */
export interface BrowserDisk {
  readonly blobs: BlobStore;
  readonly notes: Notes;
  readonly cacheBytes: number;
}

/**
 * The browser's private file system, which outlives a visit; memory where there is none, where the browser refuses it,
 * or where it cannot be written (Safari before 26). A full one is none of these: it is emptied by and by.
 * @param memoryBytes what this page may use for training.
 */
export async function openDisk(
  getDirectory: () => Promise<FileSystemDirectoryHandle>,
  memoryBytes: number,
): Promise<BrowserDisk> {
  try {
    const root = await getDirectory();
    const folder = (name: string) => root.getDirectoryHandle(name, { create: true });
    const [blobs, notes] = [opfsBlobs(await folder('blobs')), opfsNotes(await folder('notes'))];
    await tryWriting(notes);
    return { blobs, notes, cacheBytes: DISK_BYTES };
  } catch {
    const cacheBytes = Math.min(MEMORY_BYTES, memoryBytes / 16);
    return { blobs: memoryBlobs(), notes: memoryNotes(), cacheBytes };
  }
}

async function tryWriting(notes: Notes): Promise<void> {
  await notes.write('trial', Uint8Array.of(1)).catch((error: unknown) => {
    if (!(error instanceof DOMException && error.name === 'QuotaExceededError')) throw error;
  });
  await notes.remove('trial');
}
