import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import * as z from 'zod/mini';
import { Down } from './down.ts';
import { Report } from './report.ts';
import { Up } from './up.ts';
import { PROTOCOL_MAX } from './version.ts';

test('the words on the wire change only together with the version', () => {
  const words = JSON.stringify([Up, Down, Report].map((schema) => z.toJSONSchema(schema)));
  const hash = createHash('sha256').update(words).digest('hex').slice(0, 16);
  expect({ version: PROTOCOL_MAX, hash }).toMatchInlineSnapshot(`
    {
      "hash": "6d83353e8f49a4cb",
      "version": 4,
    }
  `);
});

test('a message with a field too many is refused', () => {
  expect(Up.safeParse({ type: 'ping' }).success).toBe(true);
  expect(Up.safeParse({ type: 'ping', extra: 1 }).success).toBe(false);
  expect(Up.safeParse({ type: 'progress', lease: 'r1.1', steps: -1, loss: null, tokensPerSecond: 0 }).success).toBe(
    false,
  );
});
