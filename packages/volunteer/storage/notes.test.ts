import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { memoryNotes, type Notes, noteName } from './notes.ts';
import { diskNotes } from './notes-disk.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pathfold-notes-'));
});
afterAll(() => rm(folder, { recursive: true }));

let count = 0;
const kinds: Record<string, () => Promise<Notes>> = {
  memory: async () => memoryNotes(),
  disk: () => diskNotes(join(folder, String(++count))),
};

describe.each(Object.keys(kinds))('notes: %s', (kind) => {
  test('keeps what was written last, and forgets what was removed', async () => {
    const notes = await kinds[kind]!();
    expect(await notes.read('a')).toBeNull();
    await notes.write('a', Uint8Array.of(1));
    await notes.write('a', Uint8Array.of(2, 3));
    await notes.write('b.c-d', new Uint8Array(0));
    expect(new Uint8Array((await notes.read('a'))!)).toEqual(Uint8Array.of(2, 3));
    expect((await notes.names()).sort()).toEqual(['a', 'b.c-d']);
    await notes.remove('a');
    await notes.remove('a');
    expect(await notes.read('a')).toBeNull();
    expect(await notes.names()).toEqual(['b.c-d']);
  });

  test('keeps its own copy', async () => {
    const notes = await kinds[kind]!();
    const bytes = Uint8Array.of(1);
    await notes.write('a', bytes);
    bytes[0] = 9;
    const taken = await notes.read('a');
    taken![0] = 8;
    expect(new Uint8Array((await notes.read('a'))!)).toEqual(Uint8Array.of(1));
  });
});

test('disk: a half-written note of a crash is gone at the next visit', async () => {
  const place = join(folder, 'crash');
  await diskNotes(place);
  await writeFile(join(place, 'x.part'), 'half');
  expect(await (await diskNotes(place)).names()).toEqual([]);
});

test('any text makes a plain name, and two texts two names', () => {
  const names = ['run/1 path 0-3', 'run/1 path 0_3', 'RUN/1 path 0-3', '../../etc/passwd', '', 'ö'.repeat(300)].map(
    (text) => noteName('kept', text),
  );
  for (const name of names) expect(name).toMatch(/^[a-z0-9._-]{1,120}$/);
  expect(new Set(names).size).toBe(names.length);
});
