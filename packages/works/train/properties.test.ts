import { OUTER_OPTIMIZERS } from '@pathfold/optim/outer/registry';
import { AsyncSpec, FOLD_RULES, type Mode, OuterSpec, type RunSpec } from '@pathfold/protocol/run-spec';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { delta, Server, SIZE, SPEED } from './server.fixture.ts';

test('contributions that arrive in any order fold to the same bits', async () => {
  const replicas = 3;
  const count = 2 * replicas;
  // Sums that cancel: in another order they are other numbers.
  const value = fc.constantFrom(1e20, -1e20, 1, -1, 0.1, -0.3, 1e-7);
  const contribution = fc.record({
    delta: fc.array(value, { minLength: 3 * SIZE, maxLength: 3 * SIZE }),
    steps: fc.integer({ min: 5, max: 20 }),
    norm: fc.double({ min: 1, max: 9, noNaN: true }),
  });
  const inTurn = Array.from({ length: count }, (_, i) => i);
  const play = async (all: { delta: number[]; steps: number; norm: number }[], places: readonly number[]) => {
    const server = new Server([2], { replicas });
    for (const i of inTurn) server.table.join(`v${i}`, SPEED);
    const leases = server.leases();
    expect(leases).toHaveLength(count);
    for (const place of places) {
      const { delta: gradient, steps, norm } = all[place]!;
      await server.contribute(leases[place]!.lease, gradient, steps, norm);
    }
    return Object.fromEntries(Object.keys(server.facts.modules).map((name) => [name, server.bits(name)]));
  };
  await fc.assert(
    fc.asyncProperty(
      fc.array(contribution, { minLength: count, maxLength: count }),
      fc.shuffledSubarray(inTurn, { minLength: count }),
      async (all, places) => {
        const expected = await play(all, inTurn);
        expect(Object.values(expected).map(({ version }) => version)).toEqual([1, 1, 1, 1]);
        expect(await play(all, places)).toEqual(expected);
      },
    ),
    { numRuns: 60, seed: 4 },
  );
});

test.each(FOLD_RULES)('%s folds to the same bits in any order, at the end of a round and at arrivals', async (rule) => {
  const all = [
    [1, 2, 3],
    [2, 2, 9],
    [-50, 50, 4],
  ].map((own) => [...own, ...own, ...own]);
  const play = async (mode: Mode, places: readonly number[]) => {
    const server = new Server([1], { replicas: 3, mode, fold: { rule } });
    for (const i of [0, 1, 2]) server.table.join(`v${i}`, SPEED);
    const leases = server.leases();
    for (const place of places) await server.contribute(leases[place]!.lease, all[place]!, 20);
    return server.bits('head');
  };
  const inTurn = await play('sync', [0, 1, 2]);
  expect(inTurn.version).toBe(1);
  expect(await play('sync', [2, 0, 1])).toEqual(inTurn);
  expect((await play('async', [0, 1, 2])).version).toBeGreaterThan(0);
});

test('a module that one path crosses is stepped as dense DiLoCo steps it, bit for bit, momentum included', async () => {
  const rounds = fc.array(fc.array(delta(3), { minLength: 4, maxLength: 4 }), { minLength: 3, maxLength: 3 });
  const play = async (experts: number, gradients: number[][][]) => {
    const server = new Server([experts], { replicas: 2 }, [7000, 7000]);
    const volunteers = Array.from({ length: 2 * experts }, (_, i) => `v${i}`);
    for (const volunteer of volunteers) server.table.join(volunteer, SPEED);
    for (const round of gradients) {
      for (const { lease, path, replica } of server.leases()) {
        const own = Number(path) === experts - 1;
        await server.contribute(lease, round[replica + (own ? 0 : 2)]!, own ? 10 + replica : 20);
      }
      for (const volunteer of volunteers) server.table.ready(volunteer, SPEED);
    }
    return server.bits(`level0.${experts - 1}`);
  };
  await fc.assert(
    fc.asyncProperty(rounds, async (gradients) => {
      const dense = await play(1, gradients);
      expect(dense.version).toBe(3);
      expect(await play(2, gradients)).toEqual(dense);
    }),
    { numRuns: 25, seed: 4 },
  );
});

/** Three volunteers on one path, all of whose gradients are whole. */
const three = ['a', 'b', 'c'];
const arrivals = (grace: number): Partial<RunSpec> => ({
  replicas: 3,
  async: AsyncSpec.parse({ grace, dynamicSteps: false }),
});
const rounds = fc.array(fc.array(delta(3), { minLength: 3, maxLength: 3 }), { minLength: 3, maxLength: 3 });

test('a run that is switched to arrivals and back has the momentum of one that never was, bit for bit', async () => {
  const play = async (modes: readonly Mode[], gradients: readonly number[][][]) => {
    const server = new Server([1], arrivals(1e6));
    for (const [round, deltas] of gradients.entries()) {
      await server.switchTo(modes[round]!);
      for (const id of three) round === 0 ? server.table.join(id, SPEED) : server.table.ready(id, SPEED);
      server.table.wait(9000);
      for (const [i, id] of three.entries()) await server.contribute(server.table.lease(id), deltas[i]!, 20);
    }
    return Object.keys(server.facts.modules).map((name) => server.bits(name));
  };
  await fc.assert(
    fc.asyncProperty(rounds, async (gradients) => {
      const never = await play(['sync', 'sync', 'sync'], gradients);
      expect(never.map(({ version, momentum }) => [version, momentum.length])).toEqual(never.map(() => [3, SIZE]));
      expect(await play(['sync', 'async', 'sync'], gradients)).toEqual(never);
    }),
    { numRuns: 25, seed: 4 },
  );
});

test('a switch in the middle of a buffer changes no bit of the momentum: what is under way fills it up', async () => {
  const play = async (switches: boolean, [deltas]: readonly number[][][]) => {
    const server = new Server([1], { ...arrivals(0), mode: 'async' });
    for (const id of three) server.table.join(id, SPEED);
    const leases = three.map((id) => server.table.lease(id));
    const seen = [];
    for (const [i, lease] of leases.entries()) {
      await server.contribute(lease, deltas![i]!, 20);
      seen.push(server.bits('head'));
      if (switches && i === 0) {
        await server.switchTo('sync');
        expect(server.bits('head')).toEqual(seen[0]);
      }
    }
    return seen;
  };
  await fc.assert(
    fc.asyncProperty(rounds, async (gradients) => {
      const never = await play(false, gradients);
      expect(never.map(({ version }) => version)).toEqual([1, 2, 3]);
      expect(await play(true, gradients)).toEqual(never);
    }),
    { numRuns: 25, seed: 4 },
  );
});

/** One contribution of each path, in order, then the embedding, which all of them cross. */
async function embeddingAfter(
  experts: number,
  average: OuterSpec['average'],
  of: readonly { readonly embedding: readonly number[]; readonly steps: number; readonly shardTokens: number }[],
): Promise<number[]> {
  const outer = OuterSpec.parse({ kind: 'sgd', learningRate: 1, average });
  const server = new Server(
    [experts],
    { outer },
    of.map(({ shardTokens }) => shardTokens),
  );
  for (let i = 0; i < experts; i++) server.table.join(`v${i}`, SPEED);
  for (const { lease, path } of server.leases()) {
    const { embedding, steps } = of[Number(path)]!;
    await server.contribute(lease, [...embedding, ...Array<number>(2 * SIZE).fill(0)], steps);
  }
  return server.bits('embedding').theta;
}

test('by hand: outer gradients count by the tokens of their shards times their steps', async () => {
  // Weights 10,000 * 20 and 30,000 * 10: two fifths and three fifths.
  const theta = await embeddingAfter(2, 'mean', [
    { embedding: [1, 0, 5], steps: 20, shardTokens: 10_000 },
    { embedding: [0, 1, 0], steps: 10, shardTokens: 30_000 },
  ]);
  expect(theta).toEqual([1 - 0.4, 2 - 0.6, 3 - 2].map((value) => expect.closeTo(value, 6)));
});

test('by hand: three orthogonal gradients get the square root of three times their mean, gradients that agree no more than their size', async () => {
  const axis = (i: number) => [0, 1, 2].map((at) => (at === i ? 1 : 0));
  const equal = { steps: 20, shardTokens: 10_000 };
  const orthogonal = [axis(0), axis(1), axis(2)].map((embedding) => ({ embedding, ...equal }));
  // Mean 1/3 of each axis, times the square root of 3 paths: 0.5774.
  const [x] = await embeddingAfter(3, 'sqrt', orthogonal);
  expect(x).toBeCloseTo(1 - Math.sqrt(3) / 3, 6);
  const same = orthogonal.map((one) => ({ ...one, embedding: [0.5, 0, 0] }));
  expect(await embeddingAfter(3, 'sqrt', same)).toEqual([0.5, 2, 3]);
});

test('an outer optimizer that is one line in the registry steps modules, and its state goes along', async () => {
  // Steps of one size against the sign, halved with each.
  OUTER_OPTIMIZERS['halving'] = ({ learningRate }) => ({
    init: () => Float32Array.of(learningRate),
    update(theta, delta, _meta, state) {
      for (let i = 0; i < theta.length; i++) theta[i]! -= state[0]! * Math.sign(delta[i]!);
      state[0]! /= 2;
    },
  });
  const outer = { ...OuterSpec.parse({ learningRate: 0.5 }), kind: 'halving' as OuterSpec['kind'] };
  const server = new Server([1], { outer });
  for (const _round of [1, 2]) {
    server.table.join('v', SPEED);
    await server.contribute(server.table.lease('v'), [3, -2, 0, ...Array<number>(2 * SIZE).fill(1)], 20);
  }
  expect(server.bits('embedding')).toEqual({ version: 2, theta: [1 - 0.75, 2 + 0.75, 3], momentum: [0.125] });
  delete OUTER_OPTIMIZERS['halving'];
});
