import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { gaussian } from './random.ts';

test('noise from a seed is normal, and the same bits on every machine', () => {
  const noise = Float32Array.from({ length: 100_000 }, gaussian(7));
  const moment = (power: number) => noise.reduce((sum, v) => sum + v ** power, 0) / noise.length;
  expect([moment(1), moment(2), moment(3), moment(4)]).toEqual([0, 1, 0, 3].map((m) => expect.closeTo(m, 1)));
  expect(createHash('sha256').update(new Uint8Array(noise.buffer)).digest('hex')).toBe(
    'aa72cc5ffc24fd6dbaf3861730a4544701cc5dddf86c79d35be2b068dc5ffe9b',
  );
});
