import { chmodSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import { StartError } from '../config.ts';
import { lockFolder } from './folder-lock.ts';
import { migrate } from './migrations.ts';
import { PgliteClient, PgliteError } from './pglite-client.ts';
import { pgliteDialect } from './pglite-dialect.ts';
import type { Tables } from './schema.ts';

const INT8 = 20;
/** Any number will do that no other program on the same database uses. */
const ADVISORY_LOCK = 7_261_946_337;

/** An opened database that is ours alone, as is its data folder. */
export interface Database {
  readonly db: Kysely<Tables>;
  close(): Promise<void>;
}

/**
 * PostgreSQL at `databaseUrl`, or else PGlite in `dataDir/database`, migrated. Throws StartError when another
 * coordinator holds it or `dataDir`, or it cannot be reached. `migration`: the last to apply, in place of all.
 */
export const openDatabase = async (
  { dataDir, databaseUrl }: { readonly dataDir: string; readonly databaseUrl: string | null },
  migration?: string,
): Promise<Database> => {
  const unlock = lockFolder('PATHFOLD_DATA_DIR', dataDir);
  let database: Database | null = null;
  const close = async () => {
    try {
      await database?.close();
    } finally {
      unlock();
    }
  };
  try {
    database = databaseUrl ? await openPostgres(databaseUrl) : await openPglite(dataDir);
    await migrate(database.db, migration);
    return { db: database.db, close };
  } catch (error) {
    // A database that could not be opened cannot be closed either, and the first error is the one to tell.
    await close().catch(() => {});
    throw error;
  }
};

/** Advice for people when the embedded database could not be opened or read; any other error as it is. */
export const startErrorOf = (
  error: unknown,
  { dataDir, blobDir }: { readonly dataDir: string; readonly blobDir: string },
): unknown => {
  if (!(error instanceof PgliteError)) return error;
  const folders = blobDir.startsWith(join(dataDir, '/')) ? dataDir : `${dataDir} and ${blobDir}`;
  return new StartError(
    `The database in ${databaseIn(dataDir)} cannot be opened: ${error.message.split('\n', 1)[0]}\n` +
      `Nothing was deleted. If the disk is full, make room; else restore a backup of ${folders}, or move that away to start afresh.`,
  );
};

const databaseIn = (dataDir: string) => join(dataDir, 'database');

/** Made beside its place: what a kill leaves halfway is thrown away by the next start. */
const createPglite = async (folder: string): Promise<void> => {
  const unfinished = `${folder}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { recursive: true });
  await new PgliteClient(unfinished).close();
  renameSync(unfinished, folder);
};

const openPglite = async (dataDir: string): Promise<Database> => {
  const folder = databaseIn(dataDir);
  const files = existsSync(folder) ? readdirSync(folder) : [];
  if (files.length === 0) await createPglite(folder);
  // PGlite would take the folder for a new one, and write an empty database over what is there.
  else if (!files.includes('PG_VERSION')) throw new PgliteError('the file PG_VERSION is missing');
  // PGlite lets everybody read and write its files.
  chmodSync(folder, 0o700);
  const db = new Kysely<Tables>({ dialect: pgliteDialect(new PgliteClient(folder)) });
  return { db, close: () => db.destroy() };
};

const openPostgres = async (connectionString: string): Promise<Database> => {
  const getTypeParser: typeof pg.types.getTypeParser = (oid: number, format?: 'text' | 'binary') =>
    oid === INT8 ? Number : pg.types.getTypeParser(oid, format as 'text');
  const pool = new pg.Pool({ connectionString, max: 8, types: { getTypeParser } });
  // An idle connection that breaks is replaced; a query that meets a broken one fails by itself.
  pool.on('error', () => {});
  const where = new URL(connectionString);
  const name = `${where.host}${where.pathname}`;
  let lock: pg.Client;
  try {
    lock = new pg.Client({ connectionString });
    // Should this connection break, the epoch still keeps every other coordinator from writing beside us.
    lock.on('error', () => {});
    await lock.connect();
  } catch (error) {
    // Where several addresses were tried, only the code is told.
    const { message, code } = error as NodeJS.ErrnoException;
    throw new StartError(`DATABASE_URL names ${name}, which cannot be reached: ${message || code}.`);
  }
  const { rows } = await lock.query<{ held: boolean }>('select pg_try_advisory_lock($1) as held', [ADVISORY_LOCK]);
  if (!rows[0]?.held) {
    await lock.end();
    throw new StartError(
      `The database at ${name} is in use by another coordinator: stop that one, or set DATABASE_URL to another database.`,
    );
  }
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
  return {
    db,
    async close() {
      await db.destroy();
      await lock.end();
    },
  };
};
