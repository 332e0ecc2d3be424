import type { Upload } from '@pathfold/coordination/volunteer/state';
import { expect, test } from 'vitest';
import { memoryNotes } from '../storage/notes.ts';
import { createUploads } from './uploads.ts';

const bytes = Uint8Array.of(1, 2);
const upload = (lease: string): Upload => ({
  ...{ lease, run: 'r', kind: 'train', token: 't', sha256: 'a'.repeat(64), bytes: 2 },
  report: {
    ...{ steps: 1, tokens: 1, computeMs: 1, loss: 1, downloadedBytes: { peers: 0, coordinator: 0 } },
    executor: { name: 'test', adapter: '', tokensPerSecond: 1 },
  },
});

test('what is not handed in yet is there at the next visit; what a cut left of others is removed', async () => {
  const notes = memoryNotes();
  const uploads = createUploads(notes);
  await uploads.keep(upload('lease1'), bytes);
  await uploads.keep(upload('lease2'), bytes);
  await uploads.forget('lease2');
  const names = await notes.names();
  expect(names).toHaveLength(2);
  for (const name of ['payload.lease3.x', 'upload.of_an_older_form', 'resume']) await notes.write(name, bytes);
  const next = createUploads(notes);
  expect(await next.restore()).toEqual([upload('lease1')]);
  expect(await next.payload('lease1')).toEqual(bytes);
  expect((await notes.names()).toSorted()).toEqual([...names, 'resume'].toSorted());
});
