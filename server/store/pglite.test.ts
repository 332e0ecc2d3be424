import { chmod, mkdtemp, readdir, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { StartError } from '../config.ts';
import { newDataFolder } from '../testing/folder.ts';
import { storeBattery } from './battery.ts';
import { openDatabase, startErrorOf } from './database.ts';
import { PgliteError } from './pglite-client.ts';

let dataDir: string;
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'pathfold-store-'));
});
afterAll(() => rm(dataDir, { recursive: true }));

describe('the store on PGlite', () => storeBattery(() => openDatabase({ dataDir, databaseUrl: null })));

test('nobody else on the machine gets at the files, also those of an older folder', async () => {
  const folder = join(dataDir, 'database');
  await chmod(folder, 0o755);
  const { close } = await openDatabase({ dataDir, databaseUrl: null });
  await close();
  expect((await stat(folder)).mode & 0o777).toBe(0o700);
});

/** The message of a start on a database that was damaged so, and the files of its folder afterwards. */
async function startOn(damage: (database: string) => Promise<void>) {
  const folder = await newDataFolder();
  const database = join(folder, 'database');
  await damage(database);
  const before = await readdir(database, { recursive: true });
  const open = () => openDatabase({ dataDir: folder, databaseUrl: null }).catch((error: unknown) => error);
  const [first, again] = [await open(), await open()];
  const after = await readdir(database, { recursive: true });
  await rm(folder, { recursive: true });
  const said = [first, again].map((error) => startErrorOf(error, { dataDir: folder, blobDir: join(folder, 'blobs') }));
  expect(said).toEqual([expect.any(StartError), expect.any(StartError)]);
  return { folder, before, after, said: said.map((error) => (error as Error).message) };
}

test.each([
  ['is empty', 'Aborted\\(\\)', (database: string) => truncate(join(database, 'global/pg_control'))],
  ['is other bytes', 'PGlite failed', (database: string) => writeFile(join(database, 'PG_VERSION'), 'ZZZZ')],
  ['is missing', 'the file PG_VERSION is missing', (database: string) => rm(join(database, 'PG_VERSION'))],
])(
  'a database of which a file %s stops the start: what, why, and what to do; no file goes, and the folder is free',
  async (_, why, damage) => {
    const { folder, before, after, said } = await startOn(damage);
    const what = new RegExp(`^The database in ${folder}/database cannot be opened: ${why}.*\nNothing was deleted.`);
    for (const message of said) {
      expect(message).toMatch(what);
      expect(message).toContain(`restore a backup of ${folder}, or move that away`);
      expect(message).not.toContain('    at ');
    }
    expect(after).toEqual(expect.arrayContaining(before));
  },
);

test('a database of a newer version stops the start: nothing in it is changed', async () => {
  const folder = await newDataFolder();
  const options = { dataDir: folder, databaseUrl: null };
  const { db, close } = await openDatabase(options);
  const later = sql`insert into kysely_migration (name, timestamp) values ('998_later', ''), ('999_last', '')`;
  await later.execute(db);
  await close();
  for (const start of [1, 2]) {
    const error = await openDatabase(options).catch((thrown: unknown) => thrown);
    expect(error, `start ${start}`).toBeInstanceOf(StartError);
    expect((error as Error).message).toMatch(
      /^The database is of a newer version of Pathfold \(998_later, 999_last\)\.\nNothing was deleted\. Start the version/,
    );
  }
  await rm(folder, { recursive: true });
});

test('blobs that are elsewhere are part of the backup, and other errors are told as they are', () => {
  const folders = { dataDir: '/data', blobDir: '/blobs' };
  expect(startErrorOf(new PgliteError('no\n  at all'), folders)).toMatchObject({
    message: expect.stringMatching(/cannot be opened: no\n.* restore a backup of \/data and \/blobs,/),
  });
  const other = new Error('other');
  expect(startErrorOf(other, folders)).toBe(other);
});
