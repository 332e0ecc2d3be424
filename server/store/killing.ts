import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { openStore } from './store.ts';

const fixture = fileURLToPath(new URL('./appender.fixture.ts', import.meta.url));

/** Another process that appends to the store in `dataDir`, and the promise of its end. */
export const appendingTo = (dataDir: string) => {
  const child = spawn(process.execPath, ['--import', 'tsx', fixture, dataDir], {
    cwd: fileURLToPath(new URL('.', import.meta.url)),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return { child, gone: new Promise((resolve) => child.once('close', resolve)) };
};

/**
 * Lets another process append to the store in `dataDir`, kills it with SIGKILL after some acknowledgements, and
 * expects every acknowledged event to be there, at its place. `meanwhile` runs while that process holds the folder.
 */
export const killWhileAppending = async (
  dataDir: string,
  acknowledgements: number,
  meanwhile: () => Promise<void> = async () => {},
): Promise<void> => {
  const { child, gone } = appendingTo(dataDir);
  let last = 0;
  let count = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    last = Number(line);
    count++;
    if (count === 1) await meanwhile();
    if (count === acknowledgements) child.kill('SIGKILL');
  }
  await gone;
  expect(count).toBeGreaterThanOrEqual(acknowledgements);
  const store = await openStore({ dataDir, databaseUrl: null });
  try {
    await store.events.open();
    const { events, seq } = await store.events.load();
    expect(seq).toBeGreaterThanOrEqual(last);
    expect(events.map(({ at }) => at)).toEqual(Array.from({ length: seq }, (_, i) => i + 1));
    expect(await store.lists.volunteer(`v${last}`)).not.toBeNull();
  } finally {
    await store.close();
  }
};
