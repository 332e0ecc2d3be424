import { createHash } from 'node:crypto';
import type { FoldBlobs, Json } from '@pathfold/coordination/work-plan';
import type { Report } from '@pathfold/protocol/report';
import type { FoldSpec } from '@pathfold/protocol/run-spec';
import { describe, expect, test } from 'vitest';
import { trainFold } from './fold.ts';
import type { TrainTask } from './task.ts';

const sha256 = 'a'.repeat(64);
const bytesOf = (values: number[]) => new Uint8Array(new Float32Array(values).buffer);

const task: TrainTask = {
  path: '0',
  round: 1,
  model: { width: 8, blocks: 1, heads: 1, context: 16, vocabulary: 257, tied: true },
  levels: [{ experts: 1, blocks: 1 }],
  embedding: 'shared',
  inner: { steps: 10, learningRate: 1e-3, warmupSteps: 0, weightDecay: 0, clipNorm: 1, batch: 2 },
  modules: [
    { name: 'embedding', version: 0, sha256, bytes: 12 },
    { name: 'head', version: 0, sha256, bytes: 4 },
  ],
  shard: { sha256, bytes: 100 },
  steps: 10,
  stepsReason: { because: 'whole', whole: 10, timesSlower: 1 },
  globalStep: 0,
  totalSteps: 100,
  seed: 1,
  codec: 'f32',
};
const report: Report = {
  steps: 10,
  tokens: 320,
  computeMs: 1,
  loss: 1,
  downloadedBytes: { peers: 0, coordinator: 0 },
  executor: { name: 'test', adapter: '', tokensPerSecond: 1 },
};
const check = (values: number[], changes: Partial<Report> = {}) =>
  trainFold.check(task as unknown as Json, bytesOf(values), { ...report, ...changes });

describe('check of a training contribution', () => {
  test('answers the norm over all modules', () => {
    expect(check([0.02, 0.02, 0.02, 0.02])).toEqual({ norm: expect.closeTo(0.04) });
    expect(check([0.02, 0.02, 0.02, 0.02], { steps: 3, tokens: 96 })).toEqual({ norm: expect.closeTo(0.04) });
  });

  test('refuses what no work can come to: further than its steps lead, or longer than gradients are clipped to', () => {
    const tooLarge = expect.objectContaining({ code: 'norm_out_of_bounds' });
    const all = (value: number, changes?: Partial<Report>) => check([value, value, value, value], changes);
    // Ten steps at a rate of 1e-3.
    expect(all(0.099)).toEqual({ norm: expect.closeTo(0.198) });
    expect(() => all(0.101)).toThrow(tooLarge);
    expect(() => all(0.099, { steps: 9, tokens: 288 })).toThrow(tooLarge);
    expect(() => check([3.4e38, 0, 0, 0])).toThrow(tooLarge);
    expect(trainFold.check(task as unknown as Json, bytesOf([1, 0, 0, 0]), report, true)).toEqual({ norm: 1 });

    const gradients = (value: number) =>
      trainFold.check({ ...task, exchange: 'gradients' } as unknown as Json, bytesOf([value, 0, 0, 0]), report);
    expect(gradients(1)).toEqual({ norm: 1 });
    expect(() => gradients(1.02)).toThrow(tooLarge);
  });

  test('refuses any size but that of its modules', () => {
    for (const values of [[], [1, 1, 1], [1, 1, 1, 1, 1]])
      expect(() => check(values)).toThrow(expect.objectContaining({ code: 'wrong_size' }));
  });

  test('refuses values that are not finite, and names the module', () => {
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])
      expect(() => check([1, 1, 1, bad])).toThrow(
        expect.objectContaining({ code: 'not_finite', detail: expect.stringContaining('head') }),
      );
  });

  test('refuses steps, and tokens, that the lease does not allow', () => {
    for (const changes of [{ steps: 0 }, { steps: 11 }, { tokens: 321 }, { steps: 3, tokens: 97 }])
      expect(() => check([1, 1, 1, 1], changes)).toThrow(expect.objectContaining({ code: 'bad_steps' }));
  });
});

const foldBlobs = (): FoldBlobs => {
  const blobs = new Map<string, Uint8Array>();
  return {
    async put(bytes) {
      const name = createHash('sha256').update(bytes).digest('hex');
      blobs.set(name, bytes.slice());
      return { sha256: name, bytes: bytes.byteLength };
    },
    get: async (name, range) => blobs.get(name)!.slice(range?.start, range?.end),
  };
};

/** Steps a module [1, 2, 3] that stands after one float of another module in each contribution. */
const foldOf = async (
  blobs: FoldBlobs,
  outer: { kind: string; learningRate: number; momentum: number },
  deltas: { values: number[]; weight: number; scale: number }[],
  before?: { sha256: string; state: { sha256: string; bytes: number } | null; version: number },
  fold?: FoldSpec,
) => {
  const module = before?.sha256 ?? (await blobs.put(bytesOf([1, 2, 3]))).sha256;
  const contributions = [];
  for (const [i, { values, weight, scale }] of deltas.entries()) {
    const stored = await blobs.put(bytesOf([99 + i, ...values]));
    contributions.push({
      lease: `l${i}`,
      ...stored,
      codec: 'f32',
      offset: 1,
      weight,
      scale,
      steps: 5,
      tokens: 50,
      staleness: 0,
      ageMs: 0,
    });
  }
  const output = await trainFold.fold(
    {
      module: { name: 'level0.0', version: before?.version ?? 4, sha256: module, bytes: 12 },
      state: before?.state ?? null,
      outer,
      average: 'mean',
      ...(fold && { fold }),
      paths: 1,
      share: 1,
      contributions: contributions.map(({ bytes: _, ...rest }) => rest),
      figures: { trainLoss: 3 },
      round: 5,
    },
    blobs,
  );
  const stepped = output.modules[0]!;
  const theta = new Float32Array((await blobs.get(stepped.blob.sha256)).slice().buffer);
  return { output, stepped, theta: [...theta] };
};

describe('fold of a module', () => {
  const nesterov = { kind: 'nesterov', learningRate: 0.5, momentum: 0.5 };

  test('steps by the weighted mean, and carries figures, version and no state where there is none', async () => {
    const averaging = { kind: 'averaging', learningRate: 1, momentum: 0 };
    const { output, stepped, theta } = await foldOf(foldBlobs(), averaging, [
      { values: [1, 0, -1], weight: 3, scale: 1 },
      { values: [2, 4, 8], weight: 1, scale: 0.5 },
    ]);
    expect(theta).toEqual([1 - 4 / 4, 2 - 2 / 4, 3 - 1 / 4]);
    expect(stepped).toMatchObject({ name: 'level0.0', version: 5, state: null });
    expect(output.figures).toEqual({ trainLoss: 3, round: 5 });
  });

  test('rule mean is no rule, bit for bit; the others bound what one of four does, by ranges of what was sent', async () => {
    const honest = [1, 2, 4].map((x) => ({ values: [x, 0.1 * x, -x], weight: x, scale: 0.3 }));
    const all = [...honest, { values: [-1e6, 1e6, 1e6], weight: 1, scale: 1 }];
    const outer = { kind: 'nesterov', learningRate: 1, momentum: 0 };
    const by = async (fold?: FoldSpec) => (await foldOf(foldBlobs(), outer, all, undefined, fold)).theta;
    expect(await by({ rule: 'mean' })).toEqual(await by());
    for (const rule of ['centered-clipping', 'median', 'trimmed-mean', 'geometric-median'] as const)
      (await by({ rule })).forEach((theta, i) => {
        expect(Math.abs(theta - (i + 1))).toBeLessThan(3);
      });
    // Scaled: 0.3, 0.6, 1.2 and -1e6.
    expect((await by({ rule: 'median' }))[0]).toBeCloseTo(1 - 0.45, 6);
  });

  test("clips around the module's momentum: (1 - b) m", async () => {
    const blobs = foldBlobs();
    const sent = (values: number[]) => ({ values, weight: 1, scale: 1 });
    const first = await foldOf(blobs, nesterov, [sent([4, 0, 0])]);
    const before = { sha256: first.stepped.blob.sha256, state: first.stepped.state, version: 5 };
    // m = 4, so the centre is 2: ways of 1, 1 and 97, of which the last counts as 1.
    const { output } = await foldOf(blobs, nesterov, [sent([3, 0, 0]), sent([1, 0, 0]), sent([99, 0, 0])], before, {
      rule: 'centered-clipping',
    });
    expect(output.result).toMatchObject({ norm: expect.closeTo(2 + 1 / 3, 6) });
  });

  test("goes on with the module's own momentum", async () => {
    const blobs = foldBlobs();
    const delta = { values: [1, 1, 1], weight: 1, scale: 1 };
    const first = await foldOf(blobs, nesterov, [delta]);
    expect(first.theta).toEqual([0.25, 1.25, 2.25]);
    const second = await foldOf(blobs, nesterov, [delta], { ...first.stepped.blob, ...first.stepped });
    // m = 1.5; theta -= 0.5 (1 + 0.75)
    expect(second.theta).toEqual([0.25 - 0.875, 1.25 - 0.875, 2.25 - 0.875]);
    expect(second.stepped.version).toBe(6);
  });

  test('run twice, it yields the same bytes', async () => {
    const deltas = [0.1, 0.7, -0.3].map((value, i) => ({ values: [value, value / 3, 1e-7], weight: i + 1, scale: 1 }));
    const [a, b] = await Promise.all([foldOf(foldBlobs(), nesterov, deltas), foldOf(foldBlobs(), nesterov, deltas)]);
    expect(a.output).toEqual(b.output);
  });

  test('a step out of the range of float32 is an error, not a module', async () => {
    const steep = { kind: 'sgd', learningRate: 10, momentum: 0 };
    await expect(foldOf(foldBlobs(), steep, [{ values: [3e38, 0, 0], weight: 1, scale: 1 }])).rejects.toMatchObject({
      code: 'not_finite',
    });
  });
});
