import type { Json } from '@pathfold/coordination/work-plan';
import { seedFor } from '@pathfold/nets/random';
import { expect, test } from 'vitest';
import { forwardFlops, Net } from '../exact/net.ts';
import { descend, firstDescent } from './exact-descent.ts';
import type { Genome } from './exact-genome.ts';
import { domainOf, World } from './exact-life.ts';
import { portraitOf } from './exact-portrait.ts';
import { sinusoid } from './exact-sinusoid.ts';
import { baldwinPart, readDescent } from './exact-work.ts';
import { baldwinFold } from './fold.ts';
import { type BaldwinTask, FORWARD_FLOPS, LifeSpec, PORTRAIT_INPUTS } from './task.ts';

const REPORT = {
  computeMs: 1,
  loss: null,
  downloadedBytes: { peers: 0, coordinator: 0 },
  executor: { name: 't', adapter: '', tokensPerSecond: 0 },
};

const workOf = (task: BaldwinTask, start: Uint8Array | null, again: number[] | null = null) =>
  baldwinPart.work(task, [start], again);
const end = (work: Generator<void, Uint8Array>): Uint8Array => {
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
  }
};
const valuesOf = (bytes: Uint8Array): number[] => JSON.parse(new TextDecoder().decode(bytes)).values;
const life = (spec: object) => LifeSpec.parse({ method: 'baldwin', ...spec });

const litter = (spec: object = {}): BaldwinTask & { what: 'litter' } => ({
  what: 'litter',
  life: life(spec),
  seed: 5,
  tasks: 3,
  testTasks: 4,
  tree: [
    { parent: -1, seed: 0, born: 0 },
    { parent: 0, seed: 1, born: 0 },
    { parent: 1, seed: 2, born: 1 },
    { parent: 0, seed: 3, born: 0 },
  ],
  genomes: [2, 3],
  on: 2,
});

test('operations are counted by the shapes of the nets', () => {
  for (const domain of ['sinusoid', 'point-mass'] as const)
    expect(forwardFlops(domainOf(life({ domain })).shape)).toBe(FORWARD_FLOPS[domain]);
});

test.each([
  {},
  { method: 'lamarck' },
  { mask: true, evolveLessons: true, price: 0.1 },
  { rule: 'sign' },
  { domain: 'point-mass' },
])('a genome is its lineage: in another tree, alone, the same loss to the last bit (%j)', (spec) => {
  const task = litter(spec);
  const values = valuesOf(end(workOf(task, null)));
  expect(values).toHaveLength(2);
  const alone = { ...task, tree: [...task.tree.slice(0, 3)], genomes: [2] };
  expect(valuesOf(end(workOf(alone, null)))).toEqual([values[0]]);
  expect(valuesOf(end(workOf(task, null, [1])))).toEqual([values[1]]);
  expect(values[0]).not.toBe(values[1]);
});

test('S2: known bits: they may change only on purpose, for audits compare machines', () => {
  expect(valuesOf(end(workOf(litter(), null)))).toMatchInlineSnapshot(`
    [
      5.985039965973571,
      6.213216953304607,
    ]
  `);
});

test('lessons lower the loss on sinusoids and in reinforcement learning', () => {
  for (const domain of ['sinusoid', 'point-mass'] as const) {
    const rates = [0.003, 0.01, 0.03, 0.1];
    const best = rates.map((rate) => {
      const task: BaldwinTask = {
        ...litter({ domain }),
        what: 'curve',
        on: 'test',
        testTasks: 30,
        lessons: 10,
        start: null,
        tree: [{ parent: -1, seed: 0, born: 0, rate }],
        genomes: [0],
      };
      const curve = valuesOf(end(workOf(task, null)));
      return curve[10]! / curve[0]!;
    });
    expect(Math.min(...best), domain).toBeLessThan(0.95);
  }
});

test('a lifetime of 50 lessons takes the bytes of one of 5', () => {
  const bytesAfter = (lessons: number) => {
    const net = new Net(sinusoid.shape);
    const { learn } = sinusoid.situation(1);
    for (let lesson = 0; lesson < lessons; lesson++) {
      learn(net, lesson);
      net.descend(0.01);
    }
    return net.weights.buffer.byteLength;
  };
  expect(bytesAfter(50)).toBe(bytesAfter(5));
});

test('a net that answers 0 has the loss of half the mean squared amplitude', () => {
  const zero = new Net(sinusoid.shape);
  const losses = Array.from({ length: 2000 }, (_, i) => sinusoid.situation(seedFor(3, `zero ${i}`)).lossOf(zero));
  expect(losses.reduce((sum, loss) => sum + loss, 0) / losses.length).toBeCloseTo(4.25, 0);
});

test('the first-order meta-gradient is that of the query loss at the learnt weights', () => {
  const { situation, shape } = sinusoid;
  const { learn, test: query, lossOf } = situation(7);
  const net = new Net(shape);
  net.weights.set(firstDescent(life({}), 1).theta);
  learn(net, 0);
  net.descend(0.01);
  query(net);
  const gradient = net.gradient.slice();
  const learnt = net.weights.slice();
  const step = 2 ** -8;
  for (let i = 3; i < gradient.length; i += 97) {
    net.weights.set(learnt);
    net.weights[i] = learnt[i]! + step;
    const up = lossOf(net);
    net.weights[i] = learnt[i]! - step;
    const slope = (up - lossOf(net)) / (2 * step);
    expect(Math.abs(slope - gradient[i]!), `weight ${i}`).toBeLessThan(0.02 * Math.max(1, Math.abs(slope)));
  }
});

test('a descent in two leases is the descent in one, and it descends', () => {
  const { genomes: _, on: __, ...common } = litter();
  const part = (from: number, to: number): BaldwinTask => ({
    ...common,
    genomes: [],
    what: 'descent',
    from,
    to,
    start: null,
  });
  const whole = end(workOf(part(0, 6), null));
  expect(end(workOf(part(3, 6), end(workOf(part(0, 3), null))))).toEqual(whole);
  const losses = [...descend(life({}), 5, readDescent(life({}), whole), { from: 6, to: 120 })];
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  expect(mean(losses.slice(-30))).toBeLessThan(mean(losses.slice(0, 30)));
});

test('a portrait holds the rates of all genomes, and how the first one comes nearer to a sinusoid with each lesson', () => {
  const { on: _, ...recipe } = litter();
  const task: BaldwinTask = { ...recipe, what: 'portrait', number: 4, lessons: 5 };
  const payload = end(workOf(task, null));
  const values = valuesOf(payload);
  const report = { ...REPORT, steps: 2, tokens: 1 };
  const check = (body: object) => baldwinFold.check(body as Json, payload, report);
  expect(Object.keys(check(task))).toHaveLength(values.length);
  expect(() => check({ ...task, lessons: 4 })).toThrow(/wrong_size|values/);
  expect(values.slice(0, 2).every((rate) => rate > 1e-4 && rate <= 1)).toBe(true);
  const points = PORTRAIT_INPUTS.length;
  const part = (number: number) => values.slice(2 + number * points, 2 + (number + 1) * points);
  const miss = (lesson: number) => part(lesson + 1).reduce((sum, value, i) => sum + (value - part(0)[i]!) ** 2, 0);
  expect(Math.max(...part(0))).toBeLessThanOrEqual(5);
  expect(miss(5)).toBeLessThan(miss(0));
});

test.each([{}, { mask: true }, { rule: 'sign' }])('a portrait learns as a life does (%j)', (spec) => {
  const { on: _, ...recipe } = litter(spec);
  const task = { ...recipe, what: 'portrait', number: 4, lessons: 2 } as const;
  const world = new World(task);
  const [genome] = world.genomesOf(task.tree, task.genomes) as [Genome];
  const values = portraitOf(task, genome);
  const points = PORTRAIT_INPUTS.length;
  const truth = values.slice(0, points);
  const errors = [0, 1, 2].map((lesson) =>
    Math.hypot(...values.slice((lesson + 1) * points, (lesson + 2) * points).map((value, i) => value - truth[i]!)),
  );
  const curve = world.curveOf(genome, [sinusoid.situation(seedFor(5, 'portrait 4'))], 2);
  for (const n of [1, 2]) expect(Math.sign(errors[n]! - errors[n - 1]!)).toBe(Math.sign(curve[n]! - curve[n - 1]!));
});
