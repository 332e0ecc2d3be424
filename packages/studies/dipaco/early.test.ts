import { expect, test } from 'vitest';
import { EarlyStopping } from './early.ts';

const at = (routing: number, nats: number) => ({ routing, nats, theta: Float32Array.of(nats) });

test('a path answers as it was when it was best, on the documents that it has now', () => {
  const early = new EarlyStopping();
  for (const nats of [2, 1, 1.5]) early.look('0', at(1, nats));
  expect(early.at('0', 1)?.nats).toBe(1);
  expect(early.at('0', 2)).toBeNull();
  // After a re-sharding what was best before does not count, though it was lower.
  for (const nats of [1.4, 1.3, 1.6]) early.look('0', at(2, nats));
  expect(early.at('0', 2)?.theta).toEqual(Float32Array.of(1.3));
  expect(early.at('1', 2)).toBeNull();
});
