import { only } from '@pathfold/coordination/coordinator/table.fixture';
import { MODES, type Mode } from '@pathfold/protocol/run-spec';
import { expect, test } from 'vitest';
import { train } from '../async.fixture.ts';
import { SPEED, tableWith } from '../plan.fixture.ts';

const REPLICAS = 4;

/** Open leases that the mind looks at, a grant, while as many volunteers as a run has room for join at one time. */
function looksAGrant(mode: Mode, paths: number): number {
  const table = tableWith({ mode, replicas: REPLICAS, quorum: 1 }, [paths]);
  let looks = 0;
  const leases = new Proxy(train(table).leases, {
    get(all, id, receiver) {
      looks++;
      return Reflect.get(all, id, receiver);
    },
  });
  Object.assign(train(table), { leases });
  const volunteers = Array.from({ length: REPLICAS * paths }, (_, i) => `v${i}`);
  const granted = volunteers.flatMap((id) => only(table.join(id, SPEED, id), 'LeaseGranted'));
  expect(granted).toHaveLength(volunteers.length);
  return looks / granted.length;
}

test.each(MODES)('a grant looks at as many leases, however many are open, in mode %s', (mode) => {
  expect(looksAGrant(mode, 64)).toBeLessThanOrEqual(looksAGrant(mode, 8) + 1);
});
