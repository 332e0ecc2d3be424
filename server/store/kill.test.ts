import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { StartError } from '../config.ts';
import { appendingTo, killWhileAppending } from './killing.ts';
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
}, 120_000);

test('a first start that is killed while the database is being made leaves nothing in the way of the next', async () => {
  const unfinished = join(dataDir, 'database.unfinished');
  const { child, gone } = appendingTo(dataDir);
  while (!existsSync(join(unfinished, 'PG_VERSION'))) await sleep(5);
  child.kill('SIGKILL');
  await gone;
  expect(await readdir(dataDir)).not.toContain('database');
  const store = await openStore({ dataDir, databaseUrl: null });
  expect(await store.settings.get('nothing')).toBeNull();
  await store.close();
  expect(existsSync(unfinished)).toBe(false);
}, 120_000);
