import { ERRORS } from '@pathfold/protocol/errors';
import { on } from './writes.ts';

/** The sentence about accepted work that is not folded because the run was taken back. */
export const UNDONE = `${ERRORS.rolled_back.what} It is not part of the model; the credit for it stays.`;

/** Accepted work that is not folded never will be. Later points are of a model that is gone. */
export const rolledBack = on('RunRolledBack', async (trx, logged) => {
  for (const { event } of logged) {
    const { run, round, since } = event;
    await trx.deleteFrom('folds').where('run', '=', run).execute();
    await trx
      .updateTable('contributions')
      .set({ reason: `rolled_back: ${UNDONE}` })
      .where('run', '=', run)
      .where('state', '=', 'checked')
      // A contribution without bytes is never folded.
      .where('sha256', '<>', '')
      .execute();
    await trx
      .deleteFrom('points')
      .where('run', '=', run)
      .where('round', '>', round)
      .where('time', '>', since)
      .execute();
  }
});

export const deleted = on('RunDeleted', async (trx, logged) => {
  const runs = logged.map(({ event }) => event.run);
  for (const table of ['leases', 'contributions', 'folds', 'points', 'traffic'] as const)
    await trx.deleteFrom(table).where('run', 'in', runs).execute();
});
