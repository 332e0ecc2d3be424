import { RunSpec } from '@pathfold/protocol/run-spec';
import { expect, test } from 'vitest';
import { StartError } from '../config.ts';
import type { Settings } from '../store/settings.ts';
import { openRunRegistry, type RunEntry } from './registry.ts';

const entry: RunEntry = {
  id: 'r1',
  spec: RunSpec.parse({ name: 'speeches', corpus: 'starter' }),
  createdAt: '2026-11-20T00:00:00Z',
  corpus: { id: 'starter', name: 'starter', licence: 'CC0-1.0' },
  baselines: null,
  study: null,
  baseRun: null,
  preparation: 'done',
  reason: null,
};
const open = (stored: unknown) =>
  openRunRegistry({
    get: async () => JSON.stringify(stored),
    set: () => expect.fail('written'),
  } as unknown as Settings);

test('entries are read in their order', async () => {
  const entries = [{ ...entry, id: 'r2' }, entry];
  expect((await open(entries)).list()).toEqual(entries);
});

const other = { ...entry, id: 'r2' };
test.each([
  [
    [other, { ...entry, spec: { ...entry.spec, seed: 'x' } }],
    /^The run r1 \(speeches\) cannot .*: spec\.seed: Invalid/,
  ],
  [[{ ...entry, later: 1 }, other], /^The run r1 \(speeches\) cannot .*: Unrecognized key: "later"\./],
  [[other, 7], /^Entry 1 of the runs cannot .* expected object, received number\./],
  [{ items: [entry] }, /^The list of runs cannot .* expected array, received object\./],
])('an entry that cannot be read ends the start with its run, the field and what to do', async (stored, message) => {
  const error = await open(stored).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(StartError);
  expect((error as StartError).message).toMatch(message);
  expect((error as StartError).message).toMatch(
    /\nNothing was deleted\. Start the version of Pathfold that wrote it, or/,
  );
});
