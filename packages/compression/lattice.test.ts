import { PathfoldError } from '@pathfold/protocol/errors';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { halvesOf, valuesOf } from './half.ts';
import { integersOf, type Lattice, versionOf } from './lattice.ts';
import { type NextVersion, nextVersion } from './next-version.ts';
import { applyPatch, encodePatch } from './patch.ts';

const COUNT = 500;
const bitsOf = ({ buffer, byteOffset, byteLength }: Float32Array) => Buffer.from(buffer, byteOffset, byteLength);
/** Bit for bit. */
const expectSame = (a: Float32Array, b: Float32Array) => expect(bitsOf(a).equals(bitsOf(b))).toBe(true);

/** Marsaglia's xorshift of 32 bits; about normal, deviation 1. */
function noise(seed: number): () => number {
  let state = seed || 1;
  const even = () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32 - 0.5;
  };
  return () => 2 * (even() + even() + even());
}

interface Held extends NextVersion {
  readonly master: Float32Array<ArrayBuffer>;
}

test('halves: every half is its own, halfway goes to the even one, beyond the largest to the largest', () => {
  const all = Uint16Array.from({ length: 0x8000 }, (_, i) => i).filter((half) => half < 0x7c00);
  expect(halvesOf(valuesOf(all))).toEqual(all);
  const values = valuesOf(all);
  const between = Float32Array.from({ length: all.length - 1 }, (_, i) => (values[i]! + values[i + 1]!) / 2);
  expect(halvesOf(between)).toEqual(Uint16Array.from(between, (_, i) => (i % 2 === 0 ? i : i + 1)));
  expect([...valuesOf(halvesOf(new Float32Array([-0, -1.5, 1e9, -1e9, -6e-8])))]).toEqual([
    -0,
    -1.5,
    65504,
    -65504,
    -(2 ** -24),
  ]);
});

describe('versions on a lattice', () => {
  test('V1: 1,000 random folds: the patch from the version before, and snapshot and patch, give the version bit for bit', () => {
    const draw = noise(20);
    let master = Float32Array.from({ length: COUNT }, (_, i) => (i < 9 ? 1 : 0.05 * draw()));
    let version = master;
    let lattice: Lattice | null = null;
    let snapshots = 0;
    let steps = 0;
    const kept: Held[] = [];
    for (let fold = 0; fold < 1000; fold++) {
      // Rollback, now and then: an old master, version and lattice together.
      if (fold % 37 === 36) ({ master, version, lattice } = kept[kept.length - 1 - (fold % 11)]!);
      const size = 0.003 * 2 ** (4 * Math.sin(fold / 60)) * (fold % 100 < 3 ? 0 : 1);
      const drift = fold % 50 < 25 ? 1 : -1;
      const share: number = fold % 200 < 100 ? 1 : 0.25;
      const to: Float32Array<ArrayBuffer> = master.map(
        (value, i) => value + share * size * (draw() + (i % 3 === 0 ? drift : 0)),
      );
      const next: NextVersion = nextVersion({ before: version, lattice, from: master, to, share })!;
      const { snapshot } = next.lattice;

      if (next.snapshot) {
        expect(next.snapshot).toEqual(halvesOf(version));
        snapshots++;
      } else expect(snapshot).toBe(lattice!.snapshot);
      if (lattice && next.lattice.step !== lattice.step) steps++;
      expectSame(applyPatch(next.fromBefore!, version, snapshot), next.version);
      expectSame(applyPatch(next.fromSnapshot, snapshot, snapshot), next.version);
      // The master has all that rounding leaves out.
      const { step } = next.lattice;
      const rest = to.reduce((most, value, i) => Math.max(most, Math.abs(value - next.version[i]!)), 0);
      expect(rest).toBeLessThanOrEqual(0.63 * step);
      // From any version that the lattice reaches, of whatever lattice it is.
      const other = kept[(fold * 7) % (kept.length || 1)]?.version;
      const integers = integersOf(next.version, next.lattice)!;
      const patch = other && encodePatch(other, integers, next.lattice);
      if (patch) expectSame(applyPatch(patch, other, snapshot), next.version);

      [master, version, lattice] = [to, next.version, next.lattice];
      kept.push({ ...next, master });
    }
    expect(snapshots).toBeGreaterThan(5);
    expect(snapshots).toBeLessThan(300);
    expect(steps).toBeGreaterThan(10);
  });

  test('n is found again in the version, at the ends of what a lattice holds', () => {
    const value = fc.oneof(fc.float({ noNaN: true, min: -8, max: 8 }), fc.constantFrom(0, 65504, -65504, 2 ** -24));
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 20 }), fc.integer({ min: -90, max: 10 }), (all, power) => {
        const before = Float32Array.from(all);
        const to = before.map((one, i) => one + (i % 3) * 2 ** power);
        const next = nextVersion({ before, lattice: null, from: before, to, share: 1 });
        if (!next) return;
        const integers = integersOf(next.version, next.lattice)!;
        expectSame(versionOf(integers, next.lattice), next.version);
      }),
      { numRuns: 2000 },
    );
  });

  test('a module that does not move, or is all zeros, has versions too; one that is not finite has none', () => {
    const still = Float32Array.from([1, -0.3, 0, 1e-12]);
    for (const all of [still, new Float32Array(4)]) {
      let lattice: Lattice | null = null;
      for (let fold = 0; fold < 60; fold++) {
        const next: NextVersion = nextVersion({ before: all, lattice, from: all, to: all, share: 0.1 })!;
        next.version.forEach((value, i) => {
          expect(Math.abs(value - all[i]!)).toBeLessThanOrEqual(next.lattice.step);
        });
        lattice = next.lattice;
      }
    }
    const bad = Float32Array.from([1, Number.NaN, Number.POSITIVE_INFINITY, 0]);
    expect(nextVersion({ before: still, lattice: null, from: still, to: bad, share: 1 })).toBeNull();
  });
});

test('garbage and patches of other sizes give a typed error', () => {
  const draw = noise(3);
  const before = Float32Array.from({ length: 300 }, draw);
  const to = before.map((value) => value + 0.01 * draw());
  const { fromBefore, lattice } = nextVersion({ before, lattice: null, from: before, to, share: 1 })!;
  const refused = (patch: Uint8Array, from = before, snapshot = lattice.snapshot) => {
    try {
      applyPatch(patch, from, snapshot);
    } catch (error) {
      expect(error).toBeInstanceOf(PathfoldError);
      return true;
    }
    return false;
  };
  const patch = fromBefore!;
  expect(refused(patch)).toBe(false);
  expect(refused(patch, before.subarray(1))).toBe(true);
  expect(refused(patch, before.subarray(1), lattice.snapshot.subarray(1))).toBe(true);
  expect(refused(Uint8Array.from([...patch, 0]))).toBe(true);
  for (let length = 0; length < patch.length; length++) expect(refused(patch.subarray(0, length))).toBe(true);
  for (const step of [0, -1, Number.NaN, Number.POSITIVE_INFINITY, 2 ** -120]) {
    const wrong = patch.slice();
    new DataView(wrong.buffer).setFloat32(1, step, true);
    expect(refused(wrong)).toBe(true);
  }
  for (let i = 0; i < 20_000; i++) {
    const wrong = patch.slice();
    for (let k = 0; k < 1 + (i % 3); k++) wrong[((Math.abs(draw()) * 1e6) % wrong.length) | 0] = (draw() * 1e6) & 255;
    refused(wrong);
  }
});
