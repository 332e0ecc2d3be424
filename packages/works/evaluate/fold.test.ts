import type { Report } from '@pathfold/protocol/report';
import { describe, expect, test } from 'vitest';
import { evaluateFold } from './fold.ts';

const report = (steps: number): Report => ({
  steps,
  tokens: steps,
  computeMs: 1,
  loss: null,
  downloadedBytes: { peers: 0, coordinator: 0 },
  executor: { name: 'test', adapter: '', tokensPerSecond: 1 },
});
const payload = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
const check = (value: unknown, steps: number) => evaluateFold.check(null, payload(value), report(steps));

const documents = [
  { nats: 8, tokens: 4, bytes: 10 },
  { nats: 2, tokens: 1, bytes: 6 },
  { nats: 0, tokens: 0, bytes: 0 },
];

describe('check of an evaluation', () => {
  test('answers the losses', () => {
    expect(check({ documents }, 5)).toEqual({ validLoss: 2, validBitsPerByte: 10 / (Math.LN2 * 16) });
  });

  test('refuses what cannot be read or scores nothing', () => {
    const bad = [
      null,
      { documents: [] },
      { documents: [{ nats: -1, tokens: 1, bytes: 1 }] },
      { documents: [{ nats: 1, tokens: 1.5, bytes: 1 }] },
      { documents: [{ nats: 'NaN', tokens: 1, bytes: 1 }] },
    ];
    for (const value of bad) expect(() => check(value, 1)).toThrow(expect.objectContaining({ code: 'bad_payload' }));
    for (const text of ['{"documents":[{"nats":1e999,"tokens":1,"bytes":1}]}', '{', '\xff'])
      expect(() => evaluateFold.check(null, Buffer.from(text, 'latin1'), report(1))).toThrow(
        expect.objectContaining({ code: 'bad_payload' }),
      );
  });

  test('refuses a report of other steps than are scored', () => {
    expect(() => check({ documents }, 6)).toThrow(expect.objectContaining({ code: 'bad_steps' }));
  });
});

test('the fold weighs each token alike over all contributions', async () => {
  const payloads = [documents, [{ nats: 20, tokens: 5, bytes: 16 }]].map((some) => payload({ documents: some }));
  const blobs = {
    put: () => Promise.reject(new Error('an evaluation stores nothing')),
    get: async (sha256: string) => payloads[Number.parseInt(sha256, 16)]!,
  };
  const contributions = payloads.map((_, i) => ({ lease: `l${i}`, sha256: `${i}` }));
  const { figures, modules } = await evaluateFold.fold({ round: 7, path: '0', contributions }, blobs);
  expect(figures).toEqual({ round: 7, validLoss: 3, validBitsPerByte: 30 / (Math.LN2 * 32) });
  expect(modules).toEqual([]);
});
