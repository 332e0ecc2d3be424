import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe } from 'vitest';
import { storeBattery } from './battery.ts';
import { openDatabase } from './database.ts';

let dataDir: string;
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'pathfold-store-'));
});
afterAll(() => rm(dataDir, { recursive: true }));

describe('the store on PGlite', () => storeBattery(() => openDatabase({ dataDir, databaseUrl: null })));
