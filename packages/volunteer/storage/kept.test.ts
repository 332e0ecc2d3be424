import { expect, test } from 'vitest';
import { createKept, type Kept } from './kept.ts';
import { memoryNotes, type Notes } from './notes.ts';

const one = Uint8Array.of(1);
const two = Uint8Array.of(2);

test('a state counts from the acceptance of its contribution on, also at the next visit', async () => {
  const notes = memoryNotes();
  const kept = createKept(notes, 100);
  await kept.stage('lease1', 'path 0', one);
  expect(await kept.load('path 0')).toBeNull();
  expect(await createKept(notes, 100).load('path 0')).toBeNull();
  const next = createKept(notes, 100);
  await next.accept('lease1');
  expect(await next.load('path 0')).toEqual(one);
  expect(await createKept(notes, 100).load('path 0')).toEqual(one);
});

test('a rejection rolls back to the state before, or to none when the rejected one already counted', async () => {
  const notes = memoryNotes();
  const kept = createKept(notes, 100);
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

test('only the latest staged state of a name stays', async () => {
  const notes = memoryNotes();
  const kept = createKept(notes, 100);
  await kept.stage('lease1', 'path 0', one);
  await kept.stage('lease2', 'path 0', two);
  await kept.accept('lease1');
  expect(await kept.load('path 0')).toBeNull();
  await kept.accept('lease2');
  expect(await kept.load('path 0')).toEqual(two);
});

test('states whose contributions are never answered do not pile up', async () => {
  const notes = memoryNotes();
  const kept = createKept(notes, 100);
  for (let i = 0; i < 12; i++) await kept.stage(`lease ${i}`, `path ${i}`, one);
  expect((await notes.names()).filter((name) => name.startsWith('staged'))).toHaveLength(8);
  await kept.accept('lease 3');
  await kept.accept('lease 4');
  expect([await kept.load('path 3'), await kept.load('path 4')]).toEqual([null, one]);
});

const state = (i: number) => new Uint8Array(10).fill(i);
const serve = async (kept: Kept, paths: number) => {
  for (let i = 0; i < paths; i++) {
    await kept.stage(`lease ${i}`, `path ${i}`, state(i));
    await kept.accept(`lease ${i}`);
  }
  return Promise.all(Array.from({ length: paths }, (_, i) => kept.load(`path ${i}`)));
};

test('who serves many paths keeps the state of each, as many as there is room for: the oldest go', async () => {
  expect(await serve(createKept(memoryNotes(), 160), 16)).toEqual(Array.from({ length: 16 }, (_, i) => state(i)));
  const notes = memoryNotes();
  expect(await serve(createKept(notes, 35), 5)).toEqual([null, null, state(2), state(3), state(4)]);
  expect((await notes.names()).length).toBe(4);
  expect(await serve(createKept(memoryNotes(), 5), 2)).toEqual([null, state(1)]);
});

test('on a full disk the oldest states make room for the latest', async () => {
  const disk = memoryNotes();
  const full: Notes = {
    ...disk,
    async write(name, bytes) {
      const others = (await disk.names()).filter((other) => other !== name && other !== 'kept-index');
      if (name !== 'kept-index' && others.length >= 3) throw new Error('the disk is full');
      await disk.write(name, bytes);
    },
  };
  expect(await serve(createKept(full, 1e9), 5)).toEqual([null, null, null, state(3), state(4)]);
});

test('states that the index does not name are removed', async () => {
  const notes = memoryNotes();
  await serve(createKept(notes, 100), 2);
  const names = await notes.names();
  await notes.write('kept.of_an_older_index', one);
  await notes.write('resume', one);
  expect(await createKept(notes, 100).load('path 1')).toEqual(state(1));
  expect((await notes.names()).toSorted()).toEqual([...names, 'resume'].toSorted());
});

test('a state that finds no room takes the one before it along: that is of a contribution earlier', async () => {
  const disk = memoryNotes();
  const kept = createKept(
    {
      ...disk,
      async write(name, bytes) {
        if (name.startsWith('staged') && bytes[0] === 2) throw new Error('the disk is full');
        await disk.write(name, bytes);
      },
    },
    100,
  );
  await kept.stage('lease1', 'path 0', one);
  await kept.accept('lease1');
  expect(await kept.load('path 0')).toEqual(one);
  await kept.stage('lease2', 'path 0', two);
  await kept.accept('lease2');
  expect(await kept.load('path 0')).toBeNull();
});
