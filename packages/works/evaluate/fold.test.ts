import type { Json } from '@pathfold/coordination/work-plan';
import type { Report } from '@pathfold/protocol/report';
import type { BestVersion, Evaluation } from '@pathfold/protocol/resources';
import { ModelSpec } from '@pathfold/protocol/run-spec';
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
const ref = { sha256: 'a'.repeat(64), bytes: 1 };
const task = (chunkTokens: number | null): Json => ({
  ...{ path: '0', round: 1, model: ModelSpec.parse({}) as Json, levels: [], embedding: 'shared', modules: [] },
  ...{ documents: ref, tokenizer: ref, prefixBytes: 128, assigned: null, chunkTokens },
});
const check = (value: unknown, steps: number, chunkTokens: number | null = null) =>
  evaluateFold.check(task(chunkTokens), payload(value), report(steps));

const documents = [
  { document: 0, nats: 8, tokens: 4, bytes: 10 },
  { document: 1, nats: 2, tokens: 1, bytes: 6 },
  { document: 2, nats: 0, tokens: 0, bytes: 0 },
];

describe('check of an evaluation', () => {
  test('answers the losses', () => {
    expect(check({ documents }, 5)).toEqual({ validLoss: 2, validBitsPerByte: 10 / (Math.LN2 * 16), documents: 3 });
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
      expect(() => evaluateFold.check(task(null), Buffer.from(text, 'latin1'), report(1))).toThrow(
        expect.objectContaining({ code: 'bad_payload' }),
      );
  });

  test('refuses losses that no net has, and that nobody could sum up', () => {
    const one = { document: 0, nats: 100, tokens: 1, bytes: 1 };
    expect(check({ documents: [one] }, 1).validLoss).toBe(100);
    for (const odd of [{ nats: 100.1 }, { nats: 1.7e308 }, { bytes: 0 }, { tokens: 0 }, { chunks: [1.7e308] }])
      expect(() => check({ documents: [{ ...one, ...odd }] }, 1, 8)).toThrow(
        expect.objectContaining({ code: 'bad_payload', detail: expect.stringContaining('no loss of a net') }),
      );
  });

  test('refuses other chunks than are asked for', () => {
    const one = { document: 0, nats: 6, tokens: 3, bytes: 9 };
    expect(check({ documents: [{ ...one, chunks: [4, 2] }] }, 3, 2)).toMatchObject({ documents: 1 });
    for (const chunks of [[6], [2, 2, 2], undefined])
      expect(() => check({ documents: [{ ...one, chunks }] }, 3, 2)).toThrow(/are asked for/);
    expect(() => check({ documents: [{ ...one, chunks: [6] }] }, 3)).toThrow(/are asked for/);
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

test('scorings agree when every document and chunk lies within what executors differ by', async () => {
  const [long] = [{ document: 0, nats: 100, tokens: 40, bytes: 90, chunks: [60, 40] }];
  const near = { ...long!, nats: 100.01, chunks: [60.006, 40.004] };
  const shifted = { ...long!, chunks: [61, 39] };
  const stored: Record<string, Uint8Array> = { long: json({ documents: [long] }), near: json({ documents: [near] }) };
  Object.assign(stored, { shifted: json({ documents: [shifted] }), other: json({ documents: [] }) });
  const agreed = async (...keys: string[]) => {
    const compare = keys.map((key) => ({ lease: `of ${key}`, sha256: key }));
    const blobs = { get: async (key: string) => stored[key]!, put: () => Promise.reject(new Error('stores nothing')) };
    return (await evaluateFold.fold({ compare }, blobs)).result;
  };
  expect(await agreed('long', 'near')).toEqual({ agreed: ['of long', 'of near'] });
  expect(await agreed('long', 'shifted')).toEqual({ agreed: null });
  expect(await agreed('long', 'other')).toEqual({ agreed: null });
  expect(await agreed('shifted', 'near', 'long')).toEqual({ agreed: ['of near', 'of long'] });
});

test('early stopping keeps the best version of each path, and stops the path when its patience is over', async () => {
  const modules = (version: number) => [{ name: 'embedding', version, ...blob(DOMAINS) }];
  const scored = (nats: number) => json({ documents: [{ document: 3, nats, tokens: 1, bytes: 8 }] });
  const keep = async (nats: number, version: number, kept: Record<string, BestVersion>, confirmed = true) => {
    const contributions = [{ path: '0', sha256: 'scores', modules: modules(version), confirmed }];
    const blobs = { get: async () => scored(nats), put: () => Promise.reject(new Error('stores nothing')) };
    return (await evaluateFold.fold({ patience: 2, routing: 1, kept, contributions } as Json, blobs)).kept!;
  };
  const first = await keep(8, 5, {});
  const best = await keep(6, 10, first);
  const bitsPerByte = 6 / (Math.LN2 * 8);
  expect(best).toEqual({
    '0': { round: 10, bitsPerByte, modules: modules(10), routing: 1, scoringsSince: 0, stopped: false },
  });
  const worse = await keep(7, 15, best);
  expect(worse['0']).toEqual({ ...best['0'], scoringsSince: 1 });
  expect((await keep(6, 20, worse))['0']).toEqual({ ...best['0'], scoringsSince: 2, stopped: true });
  expect(await keep(6, 20, worse, false)).toEqual({});
  expect(await keep(1, 20, best, false)).toEqual({});
  const invented = { '0': { ...best['0']!, bitsPerByte: 0, confirmed: false } };
  expect((await keep(7, 20, invented))['0']).toEqual({
    ...best['0'],
    round: 20,
    modules: modules(20),
    bitsPerByte: (7 / 6) * bitsPerByte,
  });
  expect((await keep(5, 20, worse))['0']).toMatchObject({ round: 20, scoringsSince: 0, stopped: false });
});
