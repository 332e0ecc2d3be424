import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { readConfig, StartError } from './config.ts';
import { openCoordinator } from './coordinator.ts';
import { createRun, startTestCoordinator } from './testing/coordinator.ts';
import { newDataFolder } from './testing/folder.ts';

const open = (folder: string) =>
  openCoordinator(readConfig({ PATHFOLD_DATA_DIR: folder }), { log: pino({ level: 'silent' }), onFatal: () => {} });

test('a data folder that is none stops the start with a sentence', async () => {
  const opened = open(fileURLToPath(import.meta.url));
  await expect(opened).rejects.toThrow(StartError);
  await expect(opened).rejects.toThrow(/^PATHFOLD_DATA_DIR is .* \(EEXIST\); allowed is a folder/);
});

test('blobs of another database stop the start before any is deleted', async () => {
  const folder = await newDataFolder();
  await mkdir(join(folder, 'blobs'));
  await writeFile(join(folder, 'blobs', 'owner'), 'another\n');
  await expect(open(folder)).rejects.toThrow(/^The blobs of .*blobs belong to another database/);
  await rm(folder, { recursive: true });
}, 60_000);

test('a deletion that a crash broke off is done at the next start', async () => {
  const coordinator = await startTestCoordinator();
  const { id } = await createRun(coordinator);
  await coordinator.coordinator.registry.delete(id);
  await coordinator.restart();
  expect(coordinator.coordinator.host.state.runs).toEqual({});
  await coordinator.close();
}, 60_000);
