import { expect, test } from 'vitest';
import { ExportCache, type ExportFile } from './export-cache.ts';

const FILE: ExportFile = { bytes: new Uint8Array(3), sha256: 'abc' };

/** Files that are written until a test says that they are done. */
function openWriting() {
  const begun: { signal: AbortSignal; done(): void }[] = [];
  const write = (signal: AbortSignal) =>
    new Promise<ExportFile>((resolve) => begun.push({ signal, done: () => resolve(FILE) }));
  return { begun, write };
}

test('a file is written once for all who ask, and on for those who stay', async () => {
  const cache = new ExportCache(100);
  const { begun, write } = openWriting();
  const [leaving, staying] = [new AbortController(), new AbortController()];
  const left = cache.get('a', leaving.signal, write);
  const stayed = cache.get('a', staying.signal, write);
  leaving.abort(new Error('gone'));
  await expect(left).rejects.toThrow('gone');
  expect(begun.map(({ signal }) => signal.aborted)).toEqual([false]);
  begun[0]!.done();
  expect(await stayed).toBe(FILE);
  expect(await cache.get('a', staying.signal, write)).toBe(FILE);
  expect(begun).toHaveLength(1);
});

test('when all have hung up writing is given up, and begins anew for who comes after', async () => {
  const cache = new ExportCache(100);
  const { begun, write } = openWriting();
  const leaving = [new AbortController(), new AbortController()];
  const left = leaving.map(({ signal }) => cache.get('a', signal, write));
  for (const control of leaving) control.abort(new Error('gone'));
  for (const asker of left) await expect(asker).rejects.toThrow('gone');
  expect(begun.map(({ signal }) => signal.aborted)).toEqual([true]);
  const next = cache.get('a', new AbortController().signal, write);
  begun[1]!.done();
  expect(await next).toBe(FILE);
  await expect(cache.get('b', AbortSignal.abort(new Error('gone')), write)).rejects.toThrow('gone');
});
