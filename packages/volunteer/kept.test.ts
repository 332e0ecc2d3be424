import { expect, test } from 'vitest';
import { createKept } from './kept.ts';
import { memoryNotes } from './notes.ts';

const one = Uint8Array.of(1);
const two = Uint8Array.of(2);

test('a state counts from the acceptance of its contribution on, also at the next visit', async () => {
  const notes = memoryNotes();
  const kept = createKept(notes);
  await kept.stage('lease1', 'path 0', one);
  expect(await kept.load('path 0')).toBeNull();
  expect(await createKept(notes).load('path 0')).toBeNull();
  const next = createKept(notes);
  await next.accept('lease1');
  expect(await next.load('path 0')).toEqual(one);
  expect(await createKept(notes).load('path 0')).toEqual(one);
});

test('a rejection rolls back to the state before, or to none when the rejected one already counted', async () => {
  const notes = memoryNotes();
  const kept = createKept(notes);
  await kept.stage('lease1', 'path 0', one);
  await kept.accept('lease1');
  await kept.stage('lease2', 'path 0', two);
  await kept.reject('lease2');
  await kept.accept('lease2');
  expect(await kept.load('path 0')).toEqual(one);
  await kept.reject('lease1');
  expect(await kept.load('path 0')).toBeNull();
  expect(await notes.names()).toEqual(['kept-index']);
});

test('only the latest staged state of a name stays, and only some names', async () => {
  const notes = memoryNotes();
  const kept = createKept(notes);
  await kept.stage('lease1', 'path 0', one);
  await kept.stage('lease2', 'path 0', two);
  await kept.accept('lease1');
  expect(await kept.load('path 0')).toBeNull();
  for (let i = 0; i < 20; i++) {
    await kept.stage(`l${i}`, `path ${i}`, one);
    await kept.accept(`l${i}`);
  }
  expect(await kept.load('path 0')).toBeNull();
  expect(await kept.load('path 19')).toEqual(one);
  expect((await notes.names()).length).toBeLessThan(12);
});
