import { PathfoldError } from '@pathfold/protocol/errors';
import { expect, test, vi } from 'vitest';
import { type ComputingDeps, createComputing } from './computing.ts';

/** One contribution whose check ends when the test says so, as a thread's does. */
function checking() {
  const noted: unknown[] = [];
  const contribution = { sha256: 'a'.repeat(64), report: {}, figures: null };
  const leases: Record<string, object> = { l1: { kind: 'train', task: { body: {} }, contribution } };
  const host = { state: { leases, runs: {}, volunteers: {} }, note: (event: unknown) => noted.push(event) };
  let end!: { resolve(figures: Record<string, number>): void; reject(error: Error): void };
  const ended = new Promise<Record<string, number>>((resolve, reject) => {
    end = { resolve, reject };
  });
  const deps = { host: () => host, executors: { check: () => ended }, log: { error() {}, warn() {} } };
  createComputing(deps as unknown as ComputingDeps).check('l1');
  const settled = async () => {
    await ended.catch(() => {});
    await new Promise((resolve) => setImmediate(resolve));
    return noted;
  };
  return { leases, end, settled };
}

test('a check tells what it found', async () => {
  const passed = checking();
  passed.end.resolve({ norm: 2 });
  expect(await passed.settled()).toEqual([{ type: 'ContributionChecked', lease: 'l1', figures: { norm: 2 } }]);
  const failed = checking();
  failed.end.reject(new PathfoldError('not_finite', 'head'));
  expect(await failed.settled()).toEqual([
    { type: 'ContributionRejected', lease: 'l1', code: 'not_finite', detail: 'head' },
  ]);
});

test('a check that ends after its contribution was rejected, as when the run is taken back, tells nothing', async () => {
  const passed = checking();
  delete passed.leases['l1'];
  passed.end.resolve({ norm: 2 });
  expect(await passed.settled()).toEqual([]);
  const failed = checking();
  delete failed.leases['l1'];
  failed.end.reject(new PathfoldError('not_finite', 'head'));
  expect(await failed.settled()).toEqual([]);
});

/** One fold that ends as the test says, of a kind of work that asks again for what is refused, or does not. */
async function refused(asksAgain: boolean, error: Error): Promise<unknown[]> {
  const noted: unknown[] = [];
  const fold = { key: 'k', input: null, contributions: ['l1'] };
  const run = { state: 'training', works: {}, facts: {}, folds: { 'route/k': { kind: 'route', fold } } };
  const host = { state: { leases: {}, runs: { r: run } }, note: (event: unknown) => noted.push(event) };
  const deps = {
    host: () => host,
    kinds: [{ name: 'route', orders: { asksAgain: () => asksAgain } }],
    executors: { fold: () => Promise.reject(error) },
    metrics: { foldSeconds: { startTimer: () => () => {} } },
    log: { error() {}, warn() {} },
  };
  const computing = createComputing(deps as unknown as ComputingDeps);
  computing.fold('r', 'route', fold);
  while ([...computing.folding()].length > 0) await new Promise((resolve) => setImmediate(resolve));
  return noted;
}

test('a fold that refuses what went into it pauses the run, unless its kind of work asks for that again', async () => {
  const error = new PathfoldError('bad_payload', 'all alike');
  expect(await refused(true, error)).toEqual([
    { type: 'FoldRefused', run: 'r', kind: 'route', fold: 'k', detail: 'all alike' },
  ]);
  expect(await refused(false, error)).toMatchObject([{ type: 'RunStateChanged', state: 'paused' }]);
});

test('people are told no message of the machine, which may hold its paths', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout'] });
  const told = refused(true, new Error("ENOSPC: no space left on device, open '/home/someone/blobs/x'"));
  await vi.advanceTimersByTimeAsync(60_000);
  vi.useRealTimers();
  expect(await told).toEqual([
    {
      ...{ type: 'RunStateChanged', run: 'r', state: 'paused' },
      reason:
        'The fold k failed: the coordinator could not compute it; its log holds the cause. Resume the run to try again.',
    },
  ]);
});

test('a finished run does not pause: why its fold failed is told until it is tried again', async () => {
  let error: Error | null = new PathfoldError('bad_payload', 'all alike');
  const [noted, changed]: [unknown[], string[]] = [[], []];
  const fold = { key: 'k', input: null, contributions: [] };
  const runs = { r: { state: 'finished', works: {}, facts: {}, folds: { 'evaluate/k': { kind: 'evaluate', fold } } } };
  const note = (event: unknown) => noted.push(event);
  const deps = {
    host: () => ({ state: { leases: {}, runs }, note, record: note }),
    kinds: [],
    executors: { fold: () => (error ? Promise.reject(error) : new Promise(() => {})) },
    metrics: { foldSeconds: { startTimer: () => () => {} } },
    log: { error() {}, warn() {} },
    onFailed: (run: string) => changed.push(run),
  };
  const computing = createComputing(deps as unknown as ComputingDeps);
  computing.resumeFolds('r');
  while ([...computing.folding()].length > 0) await new Promise((resolve) => setImmediate(resolve));
  expect([noted, changed]).toEqual([[], ['r']]);
  expect(computing.failureOf('r')).toBe('The fold k failed: all alike.');
  expect(computing.failureOf('other')).toBeNull();
  error = null;
  computing.resumeFolds('r');
  expect(computing.failureOf('r')).toBeNull();
});

test('what is broken off because the coordinator stops has not failed: nothing is told, and nothing tried again', async () => {
  const [noted, tries]: [unknown[], number[]] = [[], []];
  const fold = { key: 'k', input: null, contributions: [] };
  const run = { state: 'training', works: {}, facts: {}, folds: { 'train/k': { kind: 'train', fold } } };
  const host = { state: { leases: {}, runs: { r: run } }, note: (event: unknown) => noted.push(event) };
  let breakOff!: (error: Error) => void;
  const deps = {
    host: () => host,
    kinds: [],
    executors: {
      fold() {
        tries.push(1);
        return new Promise((_resolve, reject) => {
          breakOff = reject;
        });
      },
    },
    metrics: { foldSeconds: { startTimer: () => () => {} } },
    log: { error: (told: unknown) => noted.push(told), warn: (told: unknown) => noted.push(told) },
  };
  const computing = createComputing(deps as unknown as ComputingDeps);
  computing.fold('r', 'train', fold);
  computing.stop();
  breakOff(new Error('the pool is closed'));
  while ([...computing.folding()].length > 0) await new Promise((resolve) => setImmediate(resolve));
  expect([noted, tries]).toEqual([[], [1]]);
});
