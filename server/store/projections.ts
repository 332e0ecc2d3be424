import { accepted, briefEnded, checked, received, rejected, withdrawn } from './projections/contributions.ts';
import { counted, foldBegun, foldEnded, foldRefused } from './projections/folds.ts';
import { ended, granted } from './projections/leases.ts';
import { deleted, rolledBack } from './projections/runs.ts';
import { forgotten, joined, started, states } from './projections/volunteers.ts';
import type { Write } from './projections/writes.ts';

/** In the order of cause: what one event of a batch writes, a later writer of the same batch may need. */
const WRITES: readonly Write[] = [
  started,
  joined,
  states,
  granted,
  received,
  checked,
  rejected,
  accepted,
  withdrawn,
  briefEnded,
  ended,
  foldBegun,
  counted,
  foldEnded,
  foldRefused,
  rolledBack,
  deleted,
  forgotten,
];

/** Writes what events change in the tables that the lists are read from: up to each rollback, then what comes after it. */
export const project: Write = async (trx, logged) => {
  let first = 0;
  for (const [at, { event }] of logged.entries()) {
    if (event.type !== 'RunRolledBack' && at < logged.length - 1) continue;
    for (const write of WRITES) await write(trx, logged.slice(first, at + 1));
    first = at + 1;
  }
};
