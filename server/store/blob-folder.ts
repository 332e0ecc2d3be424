import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { StartError } from '../config.ts';
import { newSecret } from '../security/secrets.ts';
import { lockFolder } from './folder-lock.ts';
import type { Settings } from './settings.ts';

const OWNER = 'owner';

/**
 * Locks the folder of blobs for the database that it was begun with, since whatever no run of that database names is
 * deleted there; answers the unlocking. Throws StartError when another coordinator or another database has it.
 */
export async function claimBlobFolder(
  settings: Settings,
  { dataDir, blobDir }: { readonly dataDir: string; readonly blobDir: string },
): Promise<() => void> {
  // Whoever opened the store has locked the data folder.
  const unlock = blobDir === dataDir ? () => {} : lockFolder('BLOB_URL', blobDir);
  try {
    const id = await settings.getOrCreate('id', () => newSecret());
    const path = join(blobDir, OWNER);
    const owner = (await readFile(path, 'utf8').catch(absent)).trim();
    if (owner === '') await writeFile(path, `${id}\n`, { flush: true });
    else if (owner !== id)
      throw new StartError(
        `The blobs of ${blobDir} belong to another database: set BLOB_URL to another folder, or DATABASE_URL and PATHFOLD_DATA_DIR back to that database.`,
      );
    return unlock;
  } catch (error) {
    unlock();
    throw error;
  }
}

const absent = (error: NodeJS.ErrnoException): string => {
  if (error.code === 'ENOENT') return '';
  throw error;
};
