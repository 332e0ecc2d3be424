import { expect, test } from 'vitest';
import { StartError } from '../config.ts';
import type { Settings } from '../store/settings.ts';
import { openOperatorKeys } from './operator.ts';

test('keys of another version end the start with what cannot be read and what to do; none is written over', async () => {
  const settings = {
    get: async () => JSON.stringify({ tokenHash: null, sessions: [], people: [] }),
    set: () => expect.fail('written'),
  } as unknown as Settings;
  const error = await openOperatorKeys(settings, null).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(StartError);
  expect((error as StartError).message).toBe(
    'The operator\'s keys cannot be read from the database: Unrecognized key: "people".\n' +
      'Nothing was deleted. Start the version of Pathfold that wrote it, or restore a backup.',
  );
});
