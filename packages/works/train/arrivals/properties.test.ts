import { outerOptimizer } from '@pathfold/optim/outer/registry';
import { AsyncSpec, OUTER_KINDS, OuterSpec } from '@pathfold/protocol/run-spec';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { delta, Server, SIZE, SPEED } from '../server.fixture.ts';

/** Four contributions that fill one buffer. */
const COUNT = 4;
const inTurn = Array.from({ length: COUNT }, (_, i) => i);

const full = { grace: 0, quorum: COUNT, buffer: COUNT };
test.each([
  { of: 'a buffer', experts: 1, settings: full, versions: [1, 1, 1] },
  // Modules that only one path crosses have half a buffer, which waits.
  { of: 'a buffer that two paths share', experts: 2, settings: full, versions: [1, 0, 1, 0] },
  { of: 'a grace period', experts: 1, settings: { grace: 1 }, versions: [1, 1, 1] },
])('contributions of $of, in any order, over any time, fold to the same bits', async (shape) => {
  // Sums that cancel: in another order they are other numbers.
  const value = fc.constantFrom(1e20, -1e20, 1, -1, 0.1, -0.3, 1e-7);
  const contribution = fc.record({
    delta: fc.array(value, { minLength: 3 * SIZE, maxLength: 3 * SIZE }),
    steps: fc.integer({ min: 5, max: 20 }),
    norm: fc.double({ min: 1, max: 9, noNaN: true }),
  });
  const pauses = fc.array(fc.integer({ min: 0, max: 3000 }), { minLength: COUNT, maxLength: COUNT });
  type Contribution = { delta: number[]; steps: number; norm: number };
  const play = async (all: readonly Contribution[], places: readonly number[], waits: readonly number[]) => {
    const async = AsyncSpec.parse(shape.settings);
    const server = new Server([shape.experts], { mode: 'async', replicas: COUNT / shape.experts, async });
    for (const i of inTurn) server.table.join(`v${i}`, SPEED);
    const leases = server.leases();
    expect(leases).toHaveLength(COUNT);
    for (const [i, place] of places.entries()) {
      const { delta: gradient, steps, norm } = all[place]!;
      server.table.wait(waits[i]!);
      await server.contribute(leases[place]!.lease, gradient, steps, norm);
    }
    return Object.keys(server.facts.modules).map((name) => server.bits(name));
  };
  await fc.assert(
    fc.asyncProperty(
      fc.array(contribution, { minLength: COUNT, maxLength: COUNT }),
      fc.shuffledSubarray(inTurn, { minLength: COUNT }),
      pauses,
      async (all, places, waits) => {
        const expected = await play(all, inTurn, [0, 0, 0, 0]);
        expect(expected.map(({ version }) => version)).toEqual(shape.versions);
        expect(await play(all, places, waits)).toEqual(expected);
      },
    ),
    { numRuns: 60, seed: 5 },
  );
});

test.each(OUTER_KINDS)(
  'a buffer of one is asynchronous %s: a step by hand at each arrival, bit for bit',
  async (kind) => {
    const outer = OuterSpec.parse({ kind });
    const steps = { a: 20, b: 3, c: 11 };
    const volunteers = ['a', 'b', 'c'] as const;
    const arrivals = fc.array(delta(3), { minLength: 3, maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(arrivals, fc.constantFrom(0, 0.5), async (deltas, grace) => {
        const async = AsyncSpec.parse({ grace, buffer: 1 });
        const server = new Server([1], { mode: 'async', replicas: 3, async, outer });
        for (const id of volunteers) server.table.join(id, SPEED);
        // All of them start from version 0; each is folded into what the ones before it made.
        const leases = volunteers.map((id) => server.table.lease(id));
        for (const [i, id] of volunteers.entries()) await server.contribute(leases[i]!, deltas[i]!, steps[id]);

        const optimizer = outerOptimizer(outer);
        for (const [place, name] of Object.keys(server.facts.modules).entries()) {
          const theta = new Float32Array(SIZE).map((_, i) => i + 1);
          const state = optimizer.init(SIZE);
          for (const all of deltas)
            optimizer.update(
              theta,
              Float32Array.from(all.slice(place * SIZE, (place + 1) * SIZE)),
              { share: 1 },
              state,
            );
          const momentum = [...(optimizer.stored?.(state) ?? state)];
          expect(server.bits(name)).toEqual({ version: 3, theta: [...theta], momentum });
        }
      }),
      { numRuns: 25, seed: 5 },
    );
  },
);
