import { writeFile } from '@pathfold/blobs/opfs';
import type { Notes } from './notes.ts';

/**
 * Notes as files of a folder in the browser's private file system: a write shows when its writer closes. A file that
 * was made and never written is empty, and counts as absent.
 */
export const opfsNotes = (folder: FileSystemDirectoryHandle): Notes => {
  const unlessAbsent = (error: DOMException): null => {
    if (error.name === 'NotFoundError') return null;
    throw error;
  };
  return {
    async read(name) {
      const handle = await folder.getFileHandle(name).catch(unlessAbsent);
      const file = await handle?.getFile();
      return file && file.size > 0 ? new Uint8Array(await file.arrayBuffer()) : null;
    },
    async write(name, bytes) {
      await writeFile(await folder.getFileHandle(name, { create: true }), bytes);
    },
    async remove(name) {
      await folder.removeEntry(name).catch(unlessAbsent);
    },
    async names() {
      const names: string[] = [];
      for await (const name of folder.keys()) if (!name.endsWith('.crswap')) names.push(name);
      return names;
    },
  };
};
