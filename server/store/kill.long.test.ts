import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { killWhileAppending } from './killing.ts';

test('eight kills in a row, after more and more acknowledgements, lose no acknowledged event', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'pathfold-kills-'));
  for (const acknowledgements of [1, 2, 5, 17, 60, 111, 230, 400]) await killWhileAppending(dataDir, acknowledgements);
  await rm(dataDir, { recursive: true });
  expect.hasAssertions();
}, 300_000);
