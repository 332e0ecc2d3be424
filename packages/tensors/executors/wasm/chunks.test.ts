import { expect, test } from 'vitest';
import { trace } from '../../plan/trace.ts';
import type { Plan } from '../../plan/types.ts';
import { matmul } from '../../primitives/matmul/matmul.ts';
import { mul } from '../../primitives/mul/mul.ts';
import { sum } from '../../primitives/sum/sum.ts';
import { DeviceError } from '../executor.ts';
import { openExecutor } from '../open.ts';
import { chunkCount, rangeOf, threadsFor } from './chunks.ts';
import { nodeWorkers } from './node-workers.ts';
import type { PoolWorker, WorkerHost } from './worker-messages.ts';

const [ITEMS, ROWS, WIDTH] = [7, 3, 5];

/** x [items * rows, width] -> y = x w, and the sum over all of y's squares. */
const build = (items: number): Plan =>
  trace((t) => {
    const y = matmul(t.input('x', [items * ROWS, WIDTH]), t.state('w', [WIDTH, WIDTH]));
    t.output('y', y);
    t.output('squares', sum(mul(y, y)));
  });
const plan: Plan = { ...build(ITEMS), split: { items: ITEMS, each: build(1), sums: ['squares'], rest: null } };
const x = Float32Array.from({ length: ITEMS * ROWS * WIDTH }, (_, i) => Math.fround(((i * 31) % 17) / 7 - 1));
const w = x.slice(0, WIDTH * WIDTH);

test('every batch is dealt out whole, in ranges that differ by one at most', () => {
  for (let items = 1; items <= 64; items++) {
    const chunks = chunkCount(items);
    const lengths = Array.from({ length: chunks }, (_, i) => rangeOf(i, chunks, items)).map(
      ({ first, end }) => end - first,
    );
    expect(lengths.reduce((a, b) => a + b)).toBe(items);
    expect(Math.min(...lengths)).toBeGreaterThanOrEqual(1);
    expect(Math.max(...lengths) - Math.min(...lengths)).toBeLessThanOrEqual(1);
  }
  expect([1, 2, 3, 4, 64].map(threadsFor)).toEqual([1, 2, 2, 3, 8]);
});

test('a split plan answers what the whole does: sums, and rows in their order', async () => {
  const executor = await openExecutor('wasm', { workers: nodeWorkers(3) });
  const whole = executor.compile(build(ITEMS));
  const split = executor.compile(plan);
  for (const program of [whole, split]) program.write('w', w);
  const [wanted, found] = [await whole.run({ x }), await split.run({ x })];
  expect(found['y']).toEqual(wanted['y']);
  expect(found['squares']![0]).toBeCloseTo(wanted['squares']![0]!, 3);
  split.write(
    'w',
    w.map((value) => 2 * value),
  );
  expect((await split.run({ x }))['squares']![0]).toBeCloseTo(4 * wanted['squares']![0]!, 2);
  await expect(split.run({ x: x.subarray(1) })).rejects.toThrow('x holds 104 elements, not [21,5]');
  executor.dispose();
});

test('a worker that dies fails what runs and all that follows, as a lost device, and ends the others', async () => {
  const crashes: ((detail: string) => void)[] = [];
  const ended: number[] = [];
  const deaf: WorkerHost = {
    threads: 3,
    spawn(): PoolWorker {
      const index = crashes.push(() => {}) - 1;
      return {
        post: () => {},
        listen: () => {},
        onCrash(listener) {
          crashes[index] = listener;
        },
        hold: () => {},
        terminate: () => void ended.push(index),
      };
    },
  };
  const program = (await openExecutor('wasm', { workers: deaf })).compile(plan);
  program.write('w', w);
  const running = program.run({ x });
  crashes[1]!('it ran out of memory');
  const error = await running.catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(DeviceError);
  expect(error).toMatchObject({ code: 'device_lost', detail: 'a worker ended: it ran out of memory' });
  await expect(program.run({ x })).rejects.toMatchObject({ code: 'device_lost' });
  expect(ended).toEqual([0, 1]);
});

test('a disposed executor has no threads left', async () => {
  const executor = await openExecutor('wasm', { workers: nodeWorkers(2) });
  const program = executor.compile(plan);
  program.write('w', w);
  await program.run({ x });
  executor.dispose();
  await expect(program.run({ x })).rejects.toMatchObject({ code: 'device_lost' });
});
