import { chmod, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { storeBattery } from './battery.ts';
import { openDatabase } from './database.ts';

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
