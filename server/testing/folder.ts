import { createHash } from 'node:crypto';
import { cp, mkdtemp, readFile, rename, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore } from '../store/store.ts';

/** A database with its tables and nothing in it: copying it is quicker than making one for each test. */
async function emptyDatabase(): Promise<string> {
  const parts = ['../store/migrations.ts', '../package.json'].map((path) => readFile(new URL(path, import.meta.url)));
  const version = createHash('sha256')
    .update(Buffer.concat(await Promise.all(parts)))
    .digest('hex')
    .slice(0, 16);
  const folder = join(tmpdir(), `pathfold-empty-database-${version}`);
  if (await stat(folder).catch(() => null)) return folder;
  const fresh = await mkdtemp(join(tmpdir(), 'pathfold-empty-'));
  const store = await openStore({ dataDir: fresh, databaseUrl: null });
  await store.close();
  await rename(fresh, folder).catch(() => rm(fresh, { recursive: true, force: true }));
  return folder;
}

/** A data folder for one test. */
export async function newDataFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'pathfold-server-'));
  await cp(await emptyDatabase(), folder, { recursive: true });
  return folder;
}
