import { gaussian, seedFor } from '@pathfold/nets/random';
import { openExecutor } from '@pathfold/tensors/executors/open';
import { adam } from '@pathfold/works/exact/adam';
import { type ExactPrograms, openExact } from '@pathfold/works/exact/program';
import { uniform } from '@pathfold/works/exact/random';
import { drawSinusoid } from '@pathfold/works/exact/sinusoid';
import type { Result } from '../results.ts';
import type { RunPorts } from '../run-ports.ts';
import {
  type Form,
  firstPhi,
  firstTheta,
  mamlPlan,
  PHI,
  POINTS,
  scorePlan,
  stepPlan,
  TASKS,
  THETA,
  warpPlan,
} from './learner.ts';
import type { WarpConfig } from './settings.ts';

const RATE = 0.02;
const REPTILE_RATE = 0.1;
const LEAP_RATE = 0.02;
const ADAM_RATE = { warp: 2e-3, maml: 1e-3 } as const;
/** Places of a task's way where the warp layers learn. */
const PLACES = 5;
/** Rates that every arm tries on the tasks for choosing. */
export const TRIED = [0.01, 0.02, 0.04] as const;
export const LENGTHS = [0, 1, 5, 10, 25, 50, 100, 200] as const;
const TEST_POINTS = 50;
const TEST_BATCHES = 8;

/** TASKS sinusoids: `points` points of each to adapt, and of each to ask. */
function drawTasks(seed: number, queryPoints: number) {
  const next = uniform(seed);
  const draw = (points: number) => ({
    x: new Float32Array(TASKS * points),
    y: new Float32Array(TASKS * points),
  });
  const [task, query] = [draw(POINTS), draw(queryPoints)];
  for (let index = 0; index < TASKS; index++) {
    const curve = drawSinusoid(next, 0.1);
    for (const { x, y } of [task, query]) {
      const points = x.length / TASKS;
      for (let at = index * points; at < (index + 1) * points; at++) {
        x[at] = 10 * next() - 5;
        y[at] = curve(x[at]!);
      }
    }
  }
  return { 'task x': task.x, 'task y': task.y, 'query x': query.x, 'query y': query.y };
}

const repeated = (values: Float32Array): Float32Array => {
  const all = new Float32Array(TASKS * values.length);
  for (let index = 0; index < TASKS; index++) all.set(values, index * values.length);
  return all;
};

function meanRows(rows: Float32Array, width: number): Float32Array {
  return Float32Array.from({ length: width }, (_, i) => {
    let total = 0;
    for (let index = 0; index < TASKS; index++) total += rows[index * width + i]!;
    return total / TASKS;
  });
}

function clipped(gradient: Float32Array): Float32Array {
  const norm = Math.sqrt(gradient.reduce((total, value) => total + value * value, 0));
  return norm > 10 ? gradient.map((value) => (value * 10) / norm) : gradient;
}

/** An arm's learned start and warp layers, and the form of net that it adapts to a task. */
interface Learned {
  readonly start: Float32Array;
  readonly phi: Float32Array | null;
  readonly form: Form;
}

/** Mean error by adaptation length over 200 tasks. */
async function lengths(exact: ExactPrograms, { start, phi, form }: Learned, rate: number, seed: number) {
  const step = exact.program('step', () => stepPlan(form));
  const score = exact.program('test', () => scorePlan(form, TEST_POINTS));
  const sums = LENGTHS.map(() => 0);
  for (let index = 0; index < TEST_BATCHES; index++) {
    const tasks = drawTasks(seedFor(seed, `batch ${index}`), TEST_POINTS);
    const { 'task x': x, 'task y': y, ...query } = tasks;
    step.write('theta', repeated(start));
    step.write('path', new Float32Array(TASKS * form.adapted));
    if (phi) step.write('phi', phi);
    let done = 0;
    for (const [at, length] of LENGTHS.entries()) {
      for (; done < length; done++) await step.run({ 'task x': x, 'task y': y, rate: Float32Array.of(rate) });
      const theta = await step.read('theta');
      const { errors } = await score.run({ ...query, theta, ...(phi && { phi }) });
      sums[at]! += errors!.reduce((total, error) => total + error, 0);
    }
  }
  return sums.map((total) => total / (TEST_BATCHES * TASKS));
}

async function learn(exact: ExactPrograms, { method, metaSteps, steps }: WarpConfig, seed: number): Promise<Learned> {
  const warps = method === 'warp-approximate' || method === 'warp-exact';
  const adapted = method === 'deep' ? THETA + PHI : THETA;
  const form = { adapted, warps };
  const theta = firstTheta(gaussian(seedFor(seed, 'start')));
  const start = method === 'deep' ? Float32Array.of(...theta, ...firstPhi()) : theta;
  const phi = warps ? firstPhi() : null;
  const learned = phi ?? start;
  const moments = { m: new Float32Array(learned.length), v: new Float32Array(learned.length) };
  let updates = 0;
  for (let metaStep = 0; metaStep < metaSteps; metaStep++) {
    const tasks = drawTasks(seedFor(seed, `meta-step ${metaStep}`), POINTS);
    if (method === 'maml') {
      const maml = exact.program('maml', () => mamlPlan(RATE, steps));
      const { gradient } = await maml.run({ ...tasks, theta: start });
      adam(start, clipped(gradient!), moments, ++updates, ADAM_RATE.maml);
      continue;
    }
    const { 'task x': x, 'task y': y } = tasks;
    const step = exact.program('step', () => stepPlan(form));
    step.write('theta', repeated(start));
    step.write('path', new Float32Array(TASKS * adapted));
    if (phi) step.write('phi', phi);
    const next = uniform(seedFor(seed, `places ${metaStep}`));
    const places = new Set(phi ? Array.from({ length: PLACES }, () => Math.floor(next() * steps)) : []);
    const total = new Float32Array(PHI);
    for (let at = 0; at < steps; at++) {
      if (places.has(at)) {
        const warp = exact.program('warp', () => warpPlan(RATE, method === 'warp-exact'));
        const { gradient } = await warp.run({ ...tasks, theta: await step.read('theta'), phi: phi! });
        for (let i = 0; i < PHI; i++) total[i]! += gradient![i]! / places.size;
      }
      await step.run({ 'task x': x, 'task y': y, rate: Float32Array.of(RATE) });
    }
    if (phi) adam(phi, clipped(total), moments, ++updates, ADAM_RATE.warp);
    if (method === 'leap') {
      const path = meanRows(await step.read('path'), adapted);
      for (let i = 0; i < adapted; i++) start[i]! -= LEAP_RATE * path[i]!;
    } else {
      const end = meanRows(await step.read('theta'), adapted);
      for (let i = 0; i < adapted; i++) start[i]! += REPTILE_RATE * (end[i]! - start[i]!);
    }
  }
  return { start, phi, form };
}

/** Bytes that the `wasm` executor plans for a meta-gradient with 1 and 10 steps of a task: each executor plans its own. */
async function bytes({ method }: WarpConfig): Promise<Record<string, number>> {
  if (method === 'reptile' || method === 'leap' || method === 'deep') return {};
  const planned = await openExecutor('wasm');
  const of = (steps: number) =>
    planned.bytesOf(method === 'maml' ? mamlPlan(RATE, steps) : warpPlan(RATE, method === 'warp-exact'));
  const found = { 'bytes 1': of(1), 'bytes 10': of(10) };
  planned.dispose();
  return found;
}

/** One arm with one seed. Its inference rate is the best of TRIED after 25 steps on 200 other tasks. */
export async function runArm(config: WarpConfig, seed: number, ports: Pick<RunPorts, 'openExecutor'>) {
  const exact = await openExact(ports.openExecutor);
  try {
    const learned = await learn(exact, config, seed);
    const at25 = LENGTHS.indexOf(25);
    let [rate, least]: [number, number] = [TRIED[0], Number.POSITIVE_INFINITY];
    for (const tried of TRIED) {
      const error = (await lengths(exact, learned, tried, seedFor(seed, 'validation')))[at25]!;
      if (error < least) [rate, least] = [tried, error];
    }
    const found = await lengths(exact, learned, rate, seedFor(seed, 'test'));
    const result: Result = {
      figures: {
        ...Object.fromEntries(LENGTHS.map((length, at) => [`mse ${length}`, found[at]!])),
        rate,
        trials: TRIED.length,
        ...(await bytes(config)),
      },
      curves: { adaptation: LENGTHS.map((length, at) => [length, found[at]!] as const) },
    };
    return result;
  } finally {
    exact.dispose();
  }
}
