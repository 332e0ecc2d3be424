import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { WeightedMean } from './fold.ts';
import { nesterov } from './nesterov.ts';
import { RadialMean } from './radial.ts';
import { outerOptimizer } from './registry.ts';

const SPEC = { kind: 'nesterov', learningRate: 0.7, momentum: 0.9 };
const value = fc.float({ min: -2, max: 2, noNaN: true });
const deltas = (n: number) => fc.array(fc.array(value, { minLength: 3, maxLength: 3 }), { minLength: n, maxLength: n });

interface Steps {
  readonly theta: number[];
  readonly state: number[];
}

/** Arrivals of equal shares, one at a time. */
function arrive(arrivals: readonly number[][], buffer: number, spread = 0, start = [0.5, -1, 2]): Steps {
  const optimizer = outerOptimizer({ ...SPEC, momentumSpread: spread });
  const theta = Float32Array.from(start);
  const state = optimizer.init(3);
  for (const delta of arrivals)
    optimizer.update(
      theta,
      Float32Array.from(delta, (d) => d / buffer),
      { share: 1 / buffer },
      state,
    );
  return { theta: [...theta], state: [...optimizer.stored!(state)] };
}

const meanOf = (all: readonly number[][]) => all[0]!.map((_, i) => all.reduce((sum, d) => sum + d[i]!, 0) / all.length);

/** Within so much of the largest value. */
function close(actual: readonly number[], expected: readonly number[], tolerance = 1e-6): void {
  const size = Math.max(1, ...expected.map(Math.abs));
  actual.forEach((one, i) => {
    expect(Math.abs(one - expected[i]!)).toBeLessThanOrEqual(tolerance * size);
  });
}

describe('delayed Nesterov', () => {
  test('N arrivals with c = 0 are one synchronous step with their mean, momentum included', () => {
    for (const n of [2, 3, 4, 7, 10])
      fc.assert(
        fc.property(deltas(2 * n), (all) => {
          const rounds = [all.slice(0, n), all.slice(n)].map(meanOf);
          const delayed = arrive(all, n);
          const sync = arrive(rounds, 1);
          expect(delayed.state).toHaveLength(3);
          close(delayed.theta, sync.theta);
          close(delayed.state, sync.state);
        }),
        { numRuns: 30 },
      );
  });

  test('with N = 1 it is Nesterov, step by step', () => {
    fc.assert(
      fc.property(deltas(6), (all) => {
        const theta = [0.5, -1, 2];
        const m = [0, 0, 0];
        for (const delta of all)
          delta.forEach((d, i) => {
            m[i] = 0.9 * m[i]! + d;
            theta[i]! -= 0.7 * (d + 0.9 * m[i]!);
          });
        const delayed = arrive(all, 1);
        close(delayed.theta, theta);
        close(delayed.state, m);
      }),
    );
  });

  test('by hand: N = 2, c = 1/4, lr 1, b 0.5', () => {
    const optimizer = nesterov({ learningRate: 1, momentum: 0.5, momentumSpread: 0.5 });
    const theta = new Float32Array([0]);
    const state = optimizer.init(1);
    const seen = [4, 2, 0, 8].map((d) => {
      optimizer.update(theta, new Float32Array([d / 2]), { share: 0.5 }, state);
      return theta[0];
    });
    // theta -= 2; m = 3, theta -= (1 - 1/2 + 1/4) 1.5 + 1; theta -= 1.5/4; m = 1.5 + 4 = 5.5, theta -= 0.75 * 2.75 + 4
    expect(seen).toEqual([-2, -4.125, -4.5, -10.5625]);
  });

  test('any order of the arrivals in one buffer gives the same module', () => {
    fc.assert(
      fc.property(
        deltas(4),
        fc.shuffledSubarray([0, 1, 2, 3], { minLength: 4 }),
        fc.constantFrom(0, 0.4),
        (all, order, spread) => {
          const shuffled = order.map((i) => all[i]!);
          close(arrive(shuffled, 4, spread).theta, arrive(all, 4, spread).theta);
          close(arrive(shuffled, 4, spread).state, arrive(all, 4, spread).state);
        },
      ),
    );
  });

  test('the state goes through bytes bit for bit, at every filling of the buffer', () => {
    fc.assert(
      fc.property(deltas(7), fc.integer({ min: 0, max: 7 }), fc.constantFrom(0, 0.3), (all, stop, momentumSpread) => {
        const optimizer = outerOptimizer({ ...SPEC, momentumSpread });
        const theta = new Float32Array(3);
        let state = optimizer.init(3);
        all.forEach((delta, i) => {
          if (i === stop) {
            const bytes = new Uint8Array(optimizer.stored!(state).slice().buffer);
            state = optimizer.init(3);
            state.set(new Float32Array(bytes.buffer));
          }
          optimizer.update(
            theta,
            Float32Array.from(delta, (d) => d / 3),
            { share: 1 / 3 },
            state,
          );
        });
        expect([...theta]).toEqual(arrive(all, 3, momentumSpread, [0, 0, 0]).theta.map((t) => t));
      }),
    );
  });

  test('a round takes along what waits in the buffer, and leaves nothing in it', () => {
    const optimizer = outerOptimizer(SPEC);
    const theta = new Float32Array(1);
    const state = optimizer.init(1);
    optimizer.update(theta, new Float32Array([0.5]), { share: 0.5 }, state);
    optimizer.update(theta, new Float32Array([1]), { share: 1 }, state);
    expect([...optimizer.stored!(state)]).toEqual([1]);
    expect(theta[0]).toBeCloseTo(-0.7 * (0.5 + 1 + 0.9), 6);
  });
});

describe('radial-directional averaging', () => {
  const both = (all: readonly [number[], number][]) => {
    const [plain, radial] = [new WeightedMean(2), new RadialMean(2)];
    for (const [delta, weight] of all) {
      plain.add(Float32Array.from(delta), weight, 1);
      radial.add(Float32Array.from(delta), weight, 1);
    }
    return { plain: [...plain.mean()], radial: [...radial.mean()] };
  };

  test('by hand: the mean of the norms, along the mean direction', () => {
    // norms 2 and 6: mean 4; directions (1, 0) and (0, 1)
    close(
      both([
        [[2, 0], 1],
        [[0, 6], 1],
      ]).radial,
      [4 / Math.SQRT2, 4 / Math.SQRT2],
    );
  });

  test('deltas that agree, and deltas that cancel out, give the plain mean', () => {
    for (const all of [
      [
        [[3, 4], 1],
        [[3, 4], 5],
      ],
      [
        [[1, 0], 1],
        [[-1, 0], 1],
      ],
      [[[0, 0], 2]],
    ] as [number[], number][][]) {
      const { plain, radial } = both(all);
      close(radial, plain);
    }
  });
});
