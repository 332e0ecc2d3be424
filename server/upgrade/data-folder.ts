import { readFileSync, writeFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { sql } from 'kysely';
import { openDatabase } from '../store/database.ts';

/** A data folder as one file: the rows of each table, and the files of the blob store by their path, in base 64. */
interface PackedFolder {
  readonly migrations: readonly string[];
  readonly tables: Readonly<Record<string, readonly object[]>>;
  readonly blobs: Readonly<Record<string, string>>;
}

const TABLES = [
  ...['epoch', 'events', 'projected', 'snapshots', 'settings', 'corpora', 'volunteers'],
  ...['leases', 'contributions', 'folds', 'points', 'traffic'],
];

/** Packs the data folder of a coordinator that has ended. */
export async function packFolder(dataDir: string, file: string): Promise<void> {
  const { db, close } = await openDatabase({ dataDir, databaseUrl: null });
  const rowsOf = async (table: string) => (await sql<object>`select * from ${sql.table(table)}`.execute(db)).rows;
  const migrations = (await rowsOf('kysely_migration')).map((row) => (row as { name: string }).name);
  const tables: Record<string, object[]> = {};
  for (const table of TABLES) tables[table] = await rowsOf(table);
  await close();
  const folder = join(dataDir, 'blobs');
  const blobs: Record<string, string> = {};
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true }))
    if (entry.isFile()) {
      const path = join(entry.parentPath, entry.name);
      blobs[relative(folder, path)] = (await readFile(path)).toString('base64');
    }
  const packed: PackedFolder = { migrations, tables, blobs };
  writeFileSync(file, gzipSync(JSON.stringify(packed), { level: 9 }));
}

/** A data folder as the packed one was, its tables as they were made then. Without snapshots, the log is all there is. */
export async function unpackFolder(file: string, { snapshots }: { readonly snapshots: boolean }): Promise<string> {
  const packed = JSON.parse(gunzipSync(readFileSync(file)).toString()) as PackedFolder;
  const dataDir = await mkdtemp(join(tmpdir(), 'pathfold-upgrade-'));
  const { db, close } = await openDatabase({ dataDir, databaseUrl: null }, packed.migrations.toSorted().at(-1));
  for (const [table, rows] of Object.entries(packed.tables)) {
    await sql`delete from ${sql.table(table)}`.execute(db);
    if (table === 'snapshots' && !snapshots) continue;
    for (const row of rows) {
      const columns = Object.keys(row).map((name) => sql.ref(name));
      await sql`insert into ${sql.table(table)} (${sql.join(columns)}) overriding user value
        values (${sql.join(Object.values(row))})`.execute(db);
    }
  }
  await close();
  for (const [path, bytes] of Object.entries(packed.blobs)) {
    await mkdir(dirname(join(dataDir, 'blobs', path)), { recursive: true });
    await writeFile(join(dataDir, 'blobs', path), Buffer.from(bytes, 'base64'));
  }
  return dataDir;
}
