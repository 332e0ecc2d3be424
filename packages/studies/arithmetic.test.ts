import type { Executor } from '@pathfold/tensors/executors/executor';
import { type Call, type Plan, sizeOf } from '@pathfold/tensors/plan/types';
import { beforeEach, expect, test, vi } from 'vitest';
import { Arithmetic } from './arithmetic.ts';
import { async } from './async/study.ts';
import { diloco } from './diloco/study.ts';
import { dipaco } from './dipaco/study.ts';
import { openStudyExecutor } from './executor.ts';
import { STUDIES } from './names.ts';
import type { Arm, Study } from './study.ts';

/** The planted fault: the kind of an outer optimizer, the codec, or the exchange of gradients, each one bit off. */
const planted = vi.hoisted(() => ({ now: '' }));
/** The lowest bit of one value. */
const flip = vi.hoisted(() => (values: Float32Array | Uint8Array) => {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  bytes[4 * Math.floor(bytes.length / 8)]! ^= 1;
});

vi.mock('@pathfold/optim/outer/registry', async (original) => {
  const real = await original<typeof import('@pathfold/optim/outer/registry')>();
  const outerOptimizer: typeof real.outerOptimizer = (spec) => {
    const optimizer = real.outerOptimizer(spec);
    const update: typeof optimizer.update = (theta, ...rest) => {
      optimizer.update(theta, ...rest);
      if (planted.now === spec.kind) flip(theta);
    };
    return { ...optimizer, update };
  };
  return { ...real, outerOptimizer };
});

vi.mock('@pathfold/compression/codecs', async (original) => {
  const real = await original<typeof import('@pathfold/compression/codecs')>();
  const codecOf: typeof real.codecOf = (name) => {
    const codec = real.codecOf(name);
    const encode: typeof codec.encode = (...args) => {
      const encoded = codec.encode(...args);
      const bytes: Uint8Array = encoded instanceof Uint8Array ? encoded : (encoded as { payload: Uint8Array }).payload;
      if (planted.now === 'codec') flip(bytes);
      return encoded;
    };
    return { ...codec, encode };
  };
  return { ...real, codecOf };
});

vi.mock('@pathfold/training/gradient', async (original) => {
  const real = await original<typeof import('@pathfold/training/gradient')>();
  const meanGradient: typeof real.meanGradient = async (options) => {
    const result = await real.meanGradient(options);
    if (planted.now === 'gradients') flip(result.gradient);
    return result;
  };
  return { ...real, meanGradient };
});

/** The first product of a plan comes out one bit too large where so many terms are added up. */
function alter(plan: Plan, width: number): Plan {
  const at = plan.calls.findIndex(({ primitive }) => primitive === 'matmul');
  const { inputs, outputs } = plan.calls[at] ?? { inputs: [], outputs: [] };
  const [terms, product] = [plan.values[inputs[0]!], plan.values[outputs[0]!]];
  if (!terms || !product || sizeOf(terms.shape) / product.shape.at(-2)! !== width) return plan;
  const next = plan.values.length;
  const factor = 1 + 2 ** -23;
  const calls = plan.calls.map(
    (call, i): Call =>
      i > at ? { ...call, inputs: call.inputs.map((value) => (value === outputs[0] ? next : value)) } : call,
  );
  calls.splice(at + 1, 0, { primitive: 'scale', inputs: outputs, outputs: [next], attributes: { factor } });
  const { split: _, ...whole } = plan;
  return { ...whole, values: [...plan.values, product], calls };
}

const openAltered = (width: number) => async (): Promise<Executor> => {
  const executor = await openStudyExecutor();
  return Object.assign(Object.create(executor) as Executor, {
    compile: (plan: Plan) => executor.compile(alter(plan, width)),
    dispose: () => executor.dispose(),
  });
};

const armOf = (study: Study, name: string, quick = false): Arm => study.design(quick).arms[name]!;

beforeEach(() => {
  planted.now = '';
});

test('a kernel that is one bit off for one width changes the keys of arms of that width, and no other', async () => {
  const arms = [armOf(diloco, 'every-step'), armOf(diloco, 'every-step', true)];
  const keys = async (arithmetic: Arithmetic) =>
    Promise.all(arms.map(async (arm) => (await arithmetic.of(arm)).arithmetic));
  const [wide, narrow] = await keys(new Arithmetic(diloco));
  for (const [width, isWide] of [
    [64, true],
    [32, false],
  ] as const) {
    const altered = await keys(new Arithmetic(diloco, openAltered(width)));
    expect(altered.map((key, i) => key !== [wide, narrow][i])).toEqual([isWide, !isWide]);
  }
}, 300_000);

test.each([
  ['nesterov', diloco, 'k1', 'outer-momentum'],
  ['momentum', diloco, 'outer-momentum', 'outer-sgd'],
  ['adam', diloco, 'outer-adam', 'k1'],
  ['sgd', async, 'sgd', 'window'],
  ['gradients', dipaco, 'every-step', 'dense'],
] as const)(
  '%s that is one bit off changes the key of the arm that has it, and of no other',
  async (what, study, arm, other) => {
    const names = [arm, other];
    const keys = async (): Promise<string[]> => {
      const arithmetic = new Arithmetic(study);
      const all: string[] = [];
      for (const name of names) all.push((await arithmetic.of(armOf(study, name, name === 'dense'))).arithmetic);
      return all;
    };
    const before = await keys();
    planted.now = what;
    expect((await keys()).map((key, i) => key !== before[i])).toEqual([true, false]);
  },
);

test('a codec that is one bit off changes the key', async () => {
  const key = async () => (await new Arithmetic(diloco).of(armOf(diloco, 'k1', true))).arithmetic;
  const before = await key();
  planted.now = 'codec';
  expect(await key()).not.toBe(before);
});

/** A probe may have less of these: how long, how fast and from how much an arm learns, over how many it goes. */
const LESS =
  /(^|\.)(totalSteps|steps|cutFrom|warmupSteps|every|testEvery|everySeconds|experts|replicas|generations|population|litter|tasks|testTasks|curveEvery|batches|stretch|averageEvery|stay|points|phases|metaSteps)$|(inner|base)\.learningRate$/;

function leavesOf(value: unknown, path = ''): (readonly [path: string, value: unknown])[] {
  if (value === null || typeof value !== 'object') return [[path, value]];
  return Object.entries(value).flatMap(([name, part]) => leavesOf(part, path === '' ? name : `${path}.${name}`));
}

test.each(Object.keys(STUDIES))('every value of every arm of %s is in a probe of that arm', async (name) => {
  const study = await STUDIES[name]!.load();
  for (const quick of [false, true])
    for (const [arm, made] of Object.entries(study.design(quick).arms)) {
      const { shared, own } = study.probes(made);
      const probed = [...shared, ...own].map(({ of }) => Object.fromEntries(leavesOf(Object.values(of as object)[0])));
      const lacking = leavesOf(made.config).filter(
        ([path, value]) => !LESS.test(path) && !probed.some((leaves) => leaves[path] === value),
      );
      expect([arm, lacking]).toEqual([arm, []]);
    }
});
