import { only } from '@pathfold/coordination/coordinator/table.fixture';
import { describe, expect, test } from 'vitest';
import { SPEED, tableWith, taskOf, versions } from './plan.fixture.ts';
import type { TrainFoldInput } from './task.ts';

describe('one path', () => {
  test('a lone volunteer does not wait for a second replica', () => {
    const table = tableWith({ replicas: 2 });
    table.join('a', SPEED);
    const lease = table.lease('a');
    table.wait(10_000);
    table.receive(lease, 20);
    expect(only(table.ready('a', SPEED), 'LeaseGranted')).toEqual([]);
    const decided = table.take({ type: 'ContributionChecked', lease, figures: { norm: 1 } });
    expect(only(decided, 'FoldBegun').map(({ fold }) => fold.key)).toEqual(['embedding v1', 'level0.0 v1', 'head v1']);
    table.fold();
    expect(versions(table)).toEqual([1, 1, 1]);
    expect(taskOf(table, 'a')).toMatchObject({ round: 2, globalStep: 20, steps: 20 });
  });

  test('two live replicas are both folded', () => {
    const table = tableWith({ replicas: 2 });
    table.join('a', SPEED);
    table.wait(500);
    table.join('b', SPEED);
    expect(taskOf(table, 'b').steps).toBe(20);
    expect(taskOf(table, 'b').seed).not.toBe(taskOf(table, 'a').seed);
    const [a, b] = [table.lease('a'), table.lease('b')];
    expect(only(table.contribute(a, 20), 'FoldBegun')).toEqual([]);
    table.wait(8000);
    const folds = only(table.contribute(b, 20), 'FoldBegun');
    expect(folds.map(({ fold }) => fold.contributions)).toEqual([
      [a, b],
      [a, b],
      [a, b],
    ]);
  });

  test('who asks when the last contribution of a round is being checked begins with the next round', () => {
    const table = tableWith({ replicas: 2 });
    table.join('a', SPEED);
    const lease = table.lease('a');
    table.wait(10_000);
    table.receive(lease, 20);
    table.join('b', SPEED);
    expect(table.state.volunteers['b']!.lease).toBeNull();
    table.ready('a', SPEED);
    table.take({ type: 'ContributionChecked', lease, figures: { norm: 1 } });
    expect(only(table.fold(), 'LeaseGranted').map(({ volunteer, task }) => [volunteer, task.steps])).toEqual([
      ['b', 20],
      ['a', 20],
    ]);
  });

  test('who asks just before a round could end is waited for', () => {
    const table = tableWith({ replicas: 3 });
    table.join('a', SPEED);
    table.join('b', SPEED);
    table.wait(2000);
    table.join('c', SPEED);
    const [a, b, c] = [table.lease('a'), table.lease('b'), table.lease('c')];
    table.wait(8000);
    table.contribute(a, 20);
    expect(only(table.contribute(b, 20), 'FoldBegun')).toEqual([]);
    expect(only(table.contribute(c, 20), 'FoldBegun').map(({ fold }) => fold.contributions)[0]).toEqual([a, b, c]);
  });

  test('a replica that vanishes is waited for only until it counts as silent', () => {
    const table = tableWith({ replicas: 2 });
    table.join('a', SPEED);
    table.join('b', SPEED);
    table.take({ type: 'VolunteerLost', volunteer: 'b' });
    expect(only(table.contribute(table.lease('a'), 20), 'FoldBegun')).toEqual([]);
    const decided = table.wait(30_001);
    expect(only(decided, 'LeaseEnded').map(({ code }) => code)).toEqual(['silent']);
    expect(only(decided, 'FoldBegun')).toHaveLength(3);
  });

  test('an idle volunteer takes over a lost lease while others still compute', () => {
    const table = tableWith({ replicas: 2 });
    table.join('a', SPEED / 8);
    table.join('b', SPEED / 8);
    table.wait(1000);
    table.join('c', SPEED / 8);
    expect(table.state.volunteers['c']!.lease).toBeNull();
    table.take({ type: 'LeaseEnded', lease: table.lease('b'), code: 'user', detail: '' });
    expect(taskOf(table, 'c')).toMatchObject({ round: 1 });
  });

  test('a latecomer takes as many steps as the others have time for, or waits for the next round', () => {
    const table = tableWith({ replicas: 3 });
    table.join('a', SPEED);
    table.wait(5000);
    table.join('b', SPEED);
    expect(taskOf(table, 'b').steps).toBe(10);
    table.wait(3000);
    table.join('c', SPEED);
    expect(table.state.volunteers['c']!.lease).toBeNull();
    table.contribute(table.lease('a'), 20);
    table.contribute(table.lease('b'), 10);
    table.fold();
    expect(taskOf(table, 'c')).toMatchObject({ round: 2, steps: 20 });
  });

  test('at the deadline the round ends with what is there, and revokes the rest', () => {
    const table = tableWith({ replicas: 2, roundDeadlineMs: 30_000 });
    table.join('a', 0);
    table.join('b', SPEED);
    table.contribute(table.lease('b'), 20);
    for (let i = 0; i < 6; i++) {
      table.mind.heard(table.state, 'a', table.now);
      table.mind.heard(table.state, 'b', table.now);
      table.wait(4999);
    }
    const decided = table.wait(6);
    expect(only(decided, 'LeaseEnded')).toHaveLength(1);
    expect(only(decided, 'FoldBegun')).toHaveLength(3);
  });

  test('a round without any contribution waits, and a returning volunteer gets the whole time', () => {
    const table = tableWith({ roundDeadlineMs: 30_000 });
    table.join('a', SPEED);
    table.take({ type: 'VolunteerLost', volunteer: 'a' });
    table.wait(3_600_000);
    expect(versions(table)).toEqual([0, 0, 0]);
    table.join('b', SPEED);
    expect(taskOf(table, 'b')).toMatchObject({ round: 1, steps: 20 });
  });

  test('a partial contribution counts by its steps, and moves the schedule by the longest', () => {
    const table = tableWith({ replicas: 2 });
    table.join('a', SPEED);
    table.join('b', SPEED);
    table.contribute(table.lease('a'), 5);
    const [fold] = only(table.contribute(table.lease('b'), 15), 'FoldBegun');
    const input = fold!.fold.input as unknown as TrainFoldInput;
    expect(input.contributions.map(({ weight, steps }) => [weight, steps])).toEqual([
      [50_000, 5],
      [150_000, 15],
    ]);
    table.fold();
    table.ready('a', SPEED);
    expect(taskOf(table, 'a').globalStep).toBe(15);
  });

  test('a contribution far above the median of its round is clipped, a monstrous one is rejected', () => {
    const table = tableWith({ replicas: 3 });
    for (const id of ['a', 'b', 'c']) table.join(id, SPEED);
    table.contribute(table.lease('a'), 20, 1);
    table.contribute(table.lease('b'), 20, 1);
    const [fold] = only(table.contribute(table.lease('c'), 20, 6), 'FoldBegun');
    expect((fold!.fold.input as unknown as TrainFoldInput).contributions.map(({ scale }) => scale)).toEqual([
      1, 1, 0.5,
    ]);
    table.fold();
    table.ready('a', SPEED);
    table.contribute(table.lease('a'), 20, 1);
    table.fold();
    table.ready('a', SPEED);
    const decided = table.contribute(table.lease('a'), 20, 100);
    expect(only(decided, 'ContributionRejected').map(({ code }) => code)).toEqual(['norm_out_of_bounds']);
    expect(table.state.volunteers['a']).toMatchObject({ acceptedCount: 2, rejectedCount: 1 });
  });

  test('who did most of the work is not clipped for it', () => {
    const table = tableWith({ replicas: 3 });
    for (const id of ['a', 'b', 'c']) table.join(id, SPEED);
    table.contribute(table.lease('a'), 1, 1);
    table.contribute(table.lease('b'), 1, 1);
    const [fold] = only(table.contribute(table.lease('c'), 20, Math.sqrt(20)), 'FoldBegun');
    expect((fold!.fold.input as unknown as TrainFoldInput).contributions.map(({ scale }) => scale)).toEqual([1, 1, 1]);
  });

  test('the run finishes after its steps', () => {
    const table = tableWith({ totalSteps: 30 });
    table.join('a', SPEED);
    table.contribute(table.lease('a'), 20);
    table.fold();
    table.ready('a', SPEED);
    expect(taskOf(table, 'a')).toMatchObject({ steps: 10, globalStep: 20 });
    table.contribute(table.lease('a'), 10);
    table.fold();
    expect(table.state.runs['r']!.state).toBe('finished');
  });
});
