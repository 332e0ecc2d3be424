import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { StartError } from '../config.ts';
import { claimBlobFolder } from './blob-folder.ts';
import type { Settings } from './settings.ts';

/** The settings of a database. */
function settingsOf(): Settings {
  const values = new Map<string, string>();
  return {
    get: async (name) => values.get(name) ?? null,
    set: async (name, value) => void values.set(name, value),
    async getOrCreate(name, create) {
      if (!values.has(name)) values.set(name, create());
      return values.get(name)!;
    },
  };
}

let blobDir: string;
beforeEach(async () => {
  blobDir = await mkdtemp(join(tmpdir(), 'pathfold-blobs-'));
});
afterEach(() => rm(blobDir, { recursive: true }));

const claim = (settings: Settings, dataDir = '/elsewhere') => claimBlobFolder(settings, { dataDir, blobDir });

test('one coordinator at a time, and no other database ever', async () => {
  const [own, other] = [settingsOf(), settingsOf()];
  const unlock = await claim(own);
  await expect(claim(other)).rejects.toThrow(/^The folder of blobs .* is in use by another.* set BLOB_URL to another/);
  unlock();
  await expect(claim(other)).rejects.toThrow(StartError);
  await expect(claim(other)).rejects.toThrow(/^The blobs of .* belong to another database: set BLOB_URL to another/);
  (await claim(own))();
});

test('a folder that is the data folder too is locked already', async () => {
  const own = settingsOf();
  const unlock = await claim(own);
  (await claim(own, blobDir))();
  unlock();
});

test('a mark that a power cut left empty is written again', async () => {
  await writeFile(join(blobDir, 'owner'), '');
  (await claim(settingsOf()))();
  await expect(claim(settingsOf())).rejects.toThrow(/belong to another database/);
});
