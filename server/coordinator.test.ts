import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { readConfig, StartError } from './config.ts';
import { openCoordinator } from './coordinator.ts';

test('a data folder that is none stops the start with a sentence', async () => {
  const config = readConfig({ PATHFOLD_DATA_DIR: fileURLToPath(import.meta.url) });
  const opened = openCoordinator(config, { log: pino({ level: 'silent' }), onFatal: () => {} });
  await expect(opened).rejects.toThrow(StartError);
  await expect(opened).rejects.toThrow(/^PATHFOLD_DATA_DIR is .* \(EEXIST\); allowed is a folder/);
});
