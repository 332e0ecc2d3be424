import { spawnSync } from 'node:child_process';
import { closeSync, ftruncateSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { StartError } from '../config.ts';

/** Variables that name a folder which only one coordinator may use, and how people call it. */
const FOLDERS = { PATHFOLD_DATA_DIR: 'data folder', BLOB_URL: 'folder of blobs' } as const;

/**
 * Locks a folder for this process and answers the unlocking. The lock is flock(2) on an open file: `flock` takes it
 * on our file, and the kernel keeps it as long as that file is open here. It ends with the process, however that
 * ends, and needs no process ids. Throws StartError when another process holds it.
 */
export const lockFolder = (variable: keyof typeof FOLDERS, folder: string): (() => void) => {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, 'lock');
  const file = openSync(path, 'a+');
  const { status, error } = spawnSync('flock', ['--nonblock', '3'], { stdio: ['ignore', 'ignore', 'ignore', file] });
  if (status !== 0) {
    const holder = readFileSync(path, 'utf8').trim();
    closeSync(file);
    if (error)
      throw new StartError(
        `The ${FOLDERS[variable]} ${folder} cannot be locked: ${error.message} (flock is in util-linux).`,
      );
    throw new StartError(
      `The ${FOLDERS[variable]} ${folder} is in use by another coordinator (process ${holder || 'unknown'}): stop that one, or set ${variable} to another folder.`,
    );
  }
  ftruncateSync(file);
  writeSync(file, `${process.pid}\n`);
  return () => closeSync(file);
};
