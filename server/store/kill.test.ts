import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { StartError } from '../config.ts';
import { killWhileAppending } from './killing.ts';
import { openStore } from './store.ts';

let dataDir: string;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'pathfold-kill-'));
});
afterEach(() => rm(dataDir, { recursive: true }));

test('kill -9 loses no acknowledged event and frees the folder, which nobody else could open until then', async () => {
  await killWhileAppending(dataDir, 40, async () => {
    const refusal = await openStore({ dataDir, databaseUrl: null }).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(StartError);
    expect((refusal as StartError).message).toMatch(/^The data folder .* is in use by another coordinator/);
    expect((refusal as StartError).message).toContain(dataDir);
  });
}, 60_000);
