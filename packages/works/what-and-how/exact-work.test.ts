import { expect, test } from 'vitest';
import { forwardFlops } from '../exact/net.ts';
import { SHAPE } from './exact-learner.ts';
import { seenOf } from './exact-seen.ts';
import { curveOf, streamOf } from './exact-stream.ts';
import { CONTEXT_EVERY, readPart, workOf } from './exact-work.ts';
import { whatAndHowFold } from './fold.ts';
import { amountOf, FORWARD_FLOPS, LearnerSpec, StreamSpec, type WhatAndHowTask } from './task.ts';

const stream = StreamSpec.parse({ tasks: 3, stay: 8 });
const task = (from: number, to: number, learner: object = {}): WhatAndHowTask => ({
  learner: LearnerSpec.parse({ method: 'context', ...learner }),
  stream,
  seed: 4,
  segment: 0,
  from,
  to,
  start: null,
  shared: null,
});
function run(part: WhatAndHowTask, start: Uint8Array | null = null, shared: Uint8Array | null = null): Uint8Array {
  const work = workOf(part, start, shared);
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
  }
}

test('operations are counted by the shape of the net', () => {
  expect(forwardFlops(SHAPE)).toBe(FORWARD_FLOPS);
});

test.each([
  {},
  { optimizer: 'bgd', learningRate: 1 },
  { method: 'oracle' },
  { method: 'adapt', inferenceRate: 0.01 },
  { method: 'maml', inferenceRate: 0.01 },
  { method: 'plain', weightSteps: 2 },
])('a stretch in two leases is the stretch in one, to the last bit (%j)', (learner) => {
  const whole = readPart(task(0, 14), run(task(0, 14, learner)));
  const first = run(task(0, 9, learner));
  const second = readPart(task(9, 14), run(task(9, 14, learner), first));
  expect(second.theta).toEqual(whole.theta);
  expect(second.m).toEqual(whole.m);
  expect(second.losses).toEqual(whole.losses.slice(9));
  expect(second.traced).toEqual(whole.traced);
});

test('any batch of a stream can be drawn alone; a switch brings another task; segments have orders of their own', () => {
  const [one, again, other] = [streamOf(stream, 4, 0), streamOf(stream, 4, 0), streamOf(stream, 4, 1)];
  const all = Array.from({ length: 60 }, (_, at) => one(at));
  expect(again(41)).toEqual(all[41]);
  all.forEach(({ since, task: now }, at) => {
    if (at > 0 && since === 0) expect(now).not.toBe(all[at - 1]!.task);
    if (since > 0) expect(now).toBe(all[at - 1]!.task);
  });
  expect(other(5).inputs).not.toEqual(all[5]!.inputs);
});

test('an audit passes what was computed, and finds one bit that was not; the mean of streams is the mean', async () => {
  const body = task(0, 3);
  const honest = run(body);
  const forged = honest.slice();
  forged[forged.length - 1]! ^= 1;
  const blobs = new Map([
    ['a', honest],
    ['b', forged],
  ]);
  let put: Uint8Array = honest;
  const ports = {
    get: async (sha256: string) => blobs.get(sha256)!,
    put: async (bytes: Uint8Array) => {
      put = bytes;
      return { sha256: 'c', bytes: bytes.length };
    },
  };
  const audit = async (sha256: string) =>
    (await whatAndHowFold.fold({ what: 'audit', body, sha256 } as never, ports)).result;
  expect(await audit('a')).toEqual({ honest: true });
  expect(await audit('b')).toEqual({ honest: false });
  const other = run({ ...body, segment: 1 });
  blobs.set('b', other);
  await whatAndHowFold.fold(
    { what: 'average', bodies: [body, { ...body, segment: 1 }], contributions: ['a', 'b'] } as never,
    ports,
  );
  const mean = new Float32Array(put.slice().buffer);
  const [a, b] = [readPart(body, honest).theta, readPart(body, other).theta];
  expect(mean[7]).toBeCloseTo((a[7]! + b[7]!) / 2, 6);
  const report = {
    steps: 3,
    tokens: amountOf(body).examples,
    computeMs: 1,
    loss: null,
    downloadedBytes: { peers: 0, coordinator: 0 },
    executor: { name: 't', adapter: '', tokensPerSecond: 0 },
  };
  expect(whatAndHowFold.check(body, honest, report)['loss']).toBeGreaterThan(0);
  expect(() => whatAndHowFold.check(body, honest.slice(4), report)).toThrow(/wrong_size|bytes/);
});

test('what is seen of a stretch: its last losses, the switches among them, and contexts along two directions', () => {
  const part = task(0, 400);
  const stretch = readPart(part, run(part));
  const seen = seenOf(part, stretch);
  const batchAt = streamOf(stream, 4, 0);
  expect(seen['batch 199']).toBeUndefined();
  for (let at = 200; at < 400; at++) {
    expect(seen[`batch ${at}`]).toBe(stretch.losses[at]);
    expect(seen[`switch ${at}`] === 1).toBe(batchAt(at).since === 0);
  }
  const places = (axis: string) => Array.from({ length: 40 }, (_, i) => seen[`context ${i} ${axis}`]!);
  const spread = (values: number[]) => values.reduce((sum, value) => sum + value * value, 0);
  expect(spread(places('x'))).toBeGreaterThan(spread(places('y')));
  expect(places('x').reduce((sum, value, i) => sum + value * places('y')[i]!, 0) / spread(places('x'))).toBeCloseTo(
    0,
    3,
  );
  expect(seen['context 39 task']).toBe(batchAt(399).task);
});

const told = (figures: Record<string, number>, word: string) =>
  Object.entries(figures)
    .filter(([name]) => name.startsWith(`${word} `))
    .map(([name, value]) => ({ place: name.slice(word.length + 1), value }));

test('the picture shows the sinusoid that the stream draws from, and an answer that comes nearer to it', () => {
  const batchAt = streamOf(stream, 4, 0);
  for (const at of [0, 20, 45]) {
    const { task: number, inputs, targets } = batchAt(at);
    expect(Math.fround(curveOf(4, number)(inputs[3]!))).toBe(targets[3]);
  }
  const missAfter = (batches: number, method: string) => {
    const part = { ...task(0, batches, { method }), stream: StreamSpec.parse({ tasks: 1 }) };
    const figures = seenOf(part, readPart(part, run(part)));
    const [target, answers] = [told(figures, 'target'), told(figures, 'answer')];
    expect(answers.map(({ place }) => place)).toEqual(target.map(({ place }) => place));
    return answers.reduce((sum, { value }, i) => sum + (value - target[i]!.value) ** 2, 0) / answers.length;
  };
  for (const method of ['context', 'oracle', 'plain'])
    expect(missAfter(800, method), method).toBeLessThan(0.2 * missAfter(10, method));
  const adapted = task(0, 20, { method: 'adapt', inferenceRate: 0.01 });
  expect(told(seenOf(adapted, readPart(adapted, run(adapted))), 'target')).toEqual([]);
});

test('the picture shows of each task how open the gates are that tell it from the others', () => {
  const part = task(0, 300);
  const stretch = readPart(part, run(part));
  const gates = told(seenOf(part, stretch), 'gate').map(({ place, value }) => {
    const [of, gate] = place.split(' ').map(Number) as [number, number];
    return { of, gate, value };
  });
  const shown = new Set(gates.map(({ gate }) => gate));
  expect(shown.size).toBe(24);
  expect(gates).toHaveLength(3 * 24);
  const batchAt = streamOf(stream, 4, 0);
  const openings = (of: number, gate: number) =>
    Array.from({ length: 30 }, (_, i) => ({ i, ...batchAt(CONTEXT_EVERY * (i + 1) - 1) }))
      .filter((batch) => batch.task === of && batch.since > 0)
      .map(({ i }) => 1 / (1 + Math.exp(-stretch.traced[i * SHAPE.gateCount + gate]!)));
  const meanOf = (of: number, gate: number) => {
    const all = openings(of, gate);
    return all.reduce((sum, opening) => sum + opening, 0) / all.length;
  };
  for (const { of, gate, value } of gates) expect(value).toBeCloseTo(meanOf(of, gate), 3);
  const spread = (gate: number) => {
    const means = [0, 1, 2].map((of) => meanOf(of, gate));
    return Math.max(...means) - Math.min(...means);
  };
  const least = Math.min(...[...shown].map(spread));
  for (let gate = 0; gate < SHAPE.gateCount; gate++)
    if (!shown.has(gate)) expect(spread(gate)).toBeLessThanOrEqual(least + 1e-6);
});

test('right after a switch, context predicts better than a net without it', { timeout: 120_000 }, () => {
  const long = { stream: StreamSpec.parse({}), seed: 1 };
  const lossAfterSwitch = (method: string) => {
    const part = { ...task(0, 3000, { method }), ...long };
    const batchAt = streamOf(part.stream, part.seed, 0);
    const losses = [...readPart(part, run(part)).losses].filter((_, at) => {
      const { since } = batchAt(at);
      return at > 1200 && since >= 1 && since <= 4;
    });
    return losses.sort((a, b) => a - b)[losses.length >> 1]!;
  };
  expect(lossAfterSwitch('context')).toBeLessThan(0.8 * lossAfterSwitch('plain'));
});
