import type { Report } from '@pathfold/protocol/report';
import type { Evaluation } from '@pathfold/protocol/resources';
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
  { document: 0, nats: 8, tokens: 4, bytes: 10 },
  { document: 1, nats: 2, tokens: 1, bytes: 6 },
  { document: 2, nats: 0, tokens: 0, bytes: 0 },
];

describe('check of an evaluation', () => {
  test('answers the losses', () => {
    expect(check({ documents }, 5)).toEqual({ validLoss: 2, validBitsPerByte: 10 / (Math.LN2 * 16) });
  });

  test('refuses what cannot be read or scores nothing', () => {
    const bad = [
      null,
      { documents: [] },
      { documents: [{ document: 0, nats: -1, tokens: 1, bytes: 1 }] },
      { documents: [documents[1], documents[0]] },
      { documents: [{ document: 0, nats: 1, tokens: 1.5, bytes: 1 }] },
      { documents: [{ document: 0, nats: 'NaN', tokens: 1, bytes: 1 }] },
    ];
    for (const value of bad) expect(() => check(value, 1)).toThrow(expect.objectContaining({ code: 'bad_payload' }));
    for (const text of ['{"documents":[{"document":0,"nats":1e999,"tokens":1,"bytes":1}]}', '{', '\xff'])
      expect(() => evaluateFold.check(null, Buffer.from(text, 'latin1'), report(1))).toThrow(
        expect.objectContaining({ code: 'bad_payload' }),
      );
  });

  test('refuses a report of other steps than are scored', () => {
    expect(() => check({ documents }, 6)).toThrow(expect.objectContaining({ code: 'bad_steps' }));
  });
});

const json = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
const DOMAINS = 'd'.repeat(64);
const ASSIGNMENT = 'a'.repeat(64);
const blob = (sha256: string) => ({ sha256, bytes: 1 });
const domains = json({ names: ['a', 'b'], train: [], router: [], test: [0, 1, 1] });

const foldOf = async (scores: Record<string, unknown[]>, more: object) => {
  const stored: Record<string, Uint8Array> = {
    [DOMAINS]: domains,
    [ASSIGNMENT]: json({ router: [], test: [0, 1, 0] }),
  };
  for (const [path, list] of Object.entries(scores)) stored[path] = json({ documents: list });
  const blobs = {
    put: () => Promise.reject(new Error('an evaluation stores nothing')),
    get: async (sha256: string) => stored[sha256]!,
  };
  const contributions = Object.keys(scores).map((path) => ({ path, sha256: path }));
  const paths = Object.keys(scores);
  const input = {
    round: 7,
    paths,
    assignment: null,
    domains: blob(DOMAINS),
    chunkTokens: null,
    contributions,
    ...more,
  };
  return evaluateFold.fold(input, blobs);
};

test('the fold weighs each token alike', async () => {
  const { figures, modules, result } = await foldOf({ '0': documents }, {});
  expect(figures).toEqual({ round: 7, validLoss: 2, validBitsPerByte: 10 / (Math.LN2 * 16) });
  expect(result).toMatchObject({ paths: { '0': { documents: 3 } }, whole: null });
  expect(modules).toEqual([]);
});

test('of a mixture each document counts by the path that it is routed to', async () => {
  const own = { p: [documents[0]!, documents[2]!], q: [{ document: 1, nats: 5, tokens: 1, bytes: 6 }] };
  const { figures } = await foldOf(own, { assignment: blob(ASSIGNMENT) });
  expect(figures).toEqual({ round: 7, validLoss: 13 / 5, validBitsPerByte: 13 / (Math.LN2 * 16) });
});

test('when all paths score all documents, the oracle and re-routing by what came before are told', async () => {
  const score = (document: number, chunks: number[]) => ({
    ...{ document, tokens: 2 * chunks.length, bytes: 8, chunks },
    nats: chunks.reduce((sum, chunk) => sum + chunk, 0),
  });
  const p = [score(0, [4, 4, 4, 4]), score(1, [1, 9, 1, 1]), score(2, [3, 3])];
  const q = [score(0, [3, 1, 9, 9]), score(1, [5, 5, 1, 1]), score(2, [4, 4])];
  const { figures, result } = await foldOf({ p, q }, { assignment: blob(ASSIGNMENT), chunkTokens: 2 });
  const bits = (nats: number) => nats / (Math.LN2 * 24);
  expect(figures!.validBitsPerByte).toBeCloseTo(bits(16 + 12 + 6), 12);
  const { whole } = result as unknown as Evaluation;
  expect(whole).toMatchObject({ round: 7, routedBitsPerByte: figures!.validBitsPerByte });
  expect(whole!.oracleBitsPerByte).toBeCloseTo(bits(16 + 12 + 6), 12);
  // Document 0 begins on p, moves to q after the first chunk and back after the third; 1 begins on q, moves to p; 2 stays.
  expect(whole!.rerouted[0]).toEqual({
    tokens: 2,
    bitsPerByte: expect.closeTo(bits(4 + 1 + 9 + 4 + (5 + 9 + 1 + 1) + 6), 12),
  });
  expect(whole!.rerouted[3]!.bitsPerByte).toBeCloseTo(bits(34), 12);
  expect(whole!.confusion).toEqual({
    domains: ['a', 'b'],
    paths: ['p', 'q'],
    documents: [
      [1, 0],
      [1, 1],
    ],
  });
});
